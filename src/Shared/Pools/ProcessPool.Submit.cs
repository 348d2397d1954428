namespace IpcDemos.Shared.Pools;

// One call as one task.
public sealed partial class ProcessPool
{
    /// <inheritdoc/>
    /// <exception cref="BrokenProcessPoolException">No worker could be made ready, several times in a row.</exception>
    /// <exception cref="ObjectDisposedException">The pool has been completed or stopped.</exception>
    /// <exception cref="OperationCanceledException">The token is cancelled already.</exception>
    public Task<TResult> Submit<TResult>(
        Delegate call, object?[] arguments, PoolTaskOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(arguments);
        cancellationToken.ThrowIfCancellationRequested();
        return Submit<TResult>(PoolCall.Write(call, arguments), options, isAwaitedHere: false, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="BrokenProcessPoolException">No worker could be made ready, several times in a row.</exception>
    /// <exception cref="ObjectDisposedException">The pool has been completed or stopped.</exception>
    /// <exception cref="OperationCanceledException">The token is cancelled already.</exception>
    public TResult Invoke<TResult>(
        Delegate call, object?[] arguments, PoolTaskOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(arguments);
        cancellationToken.ThrowIfCancellationRequested();
        PoolCall written = PoolCall.Write(call, arguments);
        return Submit<TResult>(written, options, isAwaitedHere: true, cancellationToken).GetAwaiter().GetResult();
    }

    /// <summary>Submits what has been serialized.</summary>
    /// <param name="call">The call.</param>
    /// <param name="options">What is different for this task.</param>
    /// <param name="isAwaitedHere">Whether this thread has nothing to do but to wait for the result.</param>
    /// <param name="cancellationToken">Ends the task, whether it has started or not.</param>
    /// <param name="withdrawal">Ends the task if it has not started.</param>
    internal Task<TResult> Submit<TResult>(
        PoolCall call,
        PoolTaskOptions? options,
        bool isAwaitedHere,
        CancellationToken cancellationToken,
        CancellationToken withdrawal = default)
    {
        ProcessPoolOptions defaults = _scheduler.Options;
        var task = new PoolTask<TResult>(call, options?.Timeout ?? defaults.TaskTimeout, options?.Retries ?? defaults.Retries);
        if (cancellationToken.CanBeCanceled || withdrawal.CanBeCanceled)
        {
            Register(_scheduler, task, cancellationToken, withdrawal);
        }

        _scheduler.Enqueue(task, isAwaitedHere);
        GC.KeepAlive(this);
        return task.Result;
    }

    ChunkMemory? IProcessPool.Memory => _scheduler.Memory;

    Task<TResult> IProcessPool.RunAsync<TResult>(
        PoolCall call, PoolTaskOptions? options, CancellationToken cancellationToken, CancellationToken withdrawal) =>
        Submit<TResult>(call, options, isAwaitedHere: false, cancellationToken, withdrawal);

    // Before the task is on its way: whoever ends it then finds what there is to unregister. A token that is cancelled before that
    // marks the task, which is looked at when it is enqueued. Refers to the scheduler only: a token must not keep a pool from being
    // found forgotten.
    private static void Register(
        PoolScheduler scheduler, PoolTask task, CancellationToken cancellationToken, CancellationToken withdrawal)
    {
        task.Cancellation = cancellationToken.Register(() => scheduler.Stop(task, new OperationCanceledException(cancellationToken)));
        task.Withdrawal = withdrawal.Register(() => scheduler.Withdraw(task));
    }
}
