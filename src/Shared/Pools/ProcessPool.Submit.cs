namespace IpcDemos.Shared.Pools;

// One call as one task. The typed ways in only forward; what they add is that the compiler checks the arguments.
public sealed partial class ProcessPool
{
    /// <summary>Has a call run by a worker. (Python: <c>apply_async</c>, <c>submit</c>.)</summary>
    /// <typeparam name="TResult">The call's return type, without the task of an asynchronous one.</typeparam>
    /// <param name="call">
    /// What it runs. A last parameter of type <see cref="CancellationToken"/> that is given no argument is cancelled when the task
    /// is, or is out of time; without one, the task is stopped by killing its worker.
    /// </param>
    /// <param name="arguments">The arguments; those that the method has default values for may be left out.</param>
    /// <param name="options">What is different for this task.</param>
    /// <param name="cancellationToken">Ends the task, whether it has started or not.</param>
    /// <returns>
    /// The result. Fails with <see cref="Processes.RemoteException"/> if the call throws,
    /// <see cref="Processes.WorkerDiedException"/> if its worker dies, <see cref="TimeoutException"/> when it is out of time.
    /// </returns>
    /// <exception cref="ArgumentException">The arguments do not fit the method, or it cannot be called in another process.</exception>
    /// <exception cref="Serialization.MessageSerializationException">An argument or captured variable cannot travel.</exception>
    /// <exception cref="BrokenProcessPoolException">No worker could be made ready, several times in a row.</exception>
    /// <exception cref="ObjectDisposedException">The pool has been completed or stopped.</exception>
    public Task<TResult> Submit<TResult>(
        Delegate call, object?[] arguments, PoolTaskOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(arguments);
        cancellationToken.ThrowIfCancellationRequested();
        return Submit<TResult>(PoolCall.Write(call, arguments), options, isAwaitedHere: false, cancellationToken);
    }

    /// <summary>Has a call run by a worker.</summary>
    /// <inheritdoc cref="Submit{TResult}(Delegate, object[], PoolTaskOptions, CancellationToken)"/>
    public Task Submit(Action call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<object?>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task Submit(Action<CancellationToken> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<object?>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task Submit(
        Func<CancellationToken, Task> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<object?>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task Submit<T1>(
        Action<T1> call, T1 arg1, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<object?>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task Submit(
        Func<Task> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<object?>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task Submit<T1>(
        Action<T1, CancellationToken> call, T1 arg1, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<object?>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task Submit<T1>(
        Func<T1, Task> call, T1 arg1, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<object?>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task Submit<T1>(
        Func<T1, CancellationToken, Task> call, T1 arg1, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<object?>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task Submit<T1, T2>(
        Action<T1, T2> call, T1 arg1, T2 arg2, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<object?>(call, [arg1, arg2], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task Submit<T1, T2>(
        Func<T1, T2, Task> call, T1 arg1, T2 arg2, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<object?>(call, [arg1, arg2], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<TResult>(
        Func<TResult> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<TResult>(
        Func<Task<TResult>> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<TResult>(
        Func<CancellationToken, TResult> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<TResult>(
        Func<CancellationToken, Task<TResult>> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<T1, TResult>(
        Func<T1, TResult> call, T1 arg1, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<T1, TResult>(
        Func<T1, Task<TResult>> call, T1 arg1, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<T1, TResult>(
        Func<T1, CancellationToken, TResult> call,
        T1 arg1,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<T1, TResult>(
        Func<T1, CancellationToken, Task<TResult>> call,
        T1 arg1,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<T1, T2, TResult>(
        Func<T1, T2, TResult> call, T1 arg1, T2 arg2, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [arg1, arg2], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<T1, T2, TResult>(
        Func<T1, T2, Task<TResult>> call, T1 arg1, T2 arg2, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [arg1, arg2], options, cancellationToken);

    /// <summary>Has a call run by a worker and blocks for its result. (Python: <c>apply</c>.)</summary>
    /// <param name="call">What it runs; a lambda brings its arguments along.</param>
    /// <param name="options">What is different for this task.</param>
    /// <param name="cancellationToken">Ends the task, whether it has started or not.</param>
    /// <exception cref="Processes.RemoteException">The call threw.</exception>
    /// <exception cref="Processes.WorkerDiedException">Its worker died.</exception>
    /// <exception cref="TimeoutException">It was out of time.</exception>
    public TResult Invoke<TResult>(
        Func<TResult> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Invoke<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Invoke{TResult}(Func{TResult}, PoolTaskOptions, CancellationToken)"/>
    public TResult Invoke<T1, TResult>(
        Func<T1, TResult> call, T1 arg1, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Invoke<TResult>(call, [arg1], options, cancellationToken);

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
            Register(task, cancellationToken, withdrawal);
        }

        _scheduler.Enqueue(task, isAwaitedHere);
        return task.Result;
    }

    ChunkMemory? IPoolRunner.Memory => _scheduler.Memory;

    Task<TResult> IPoolRunner.RunAsync<TResult>(
        PoolCall call, PoolTaskOptions? options, CancellationToken cancellationToken, CancellationToken withdrawal) =>
        Submit<TResult>(call, options, isAwaitedHere: false, cancellationToken, withdrawal);

    // Before the task is on its way: whoever ends it then finds what there is to unregister. A token that is cancelled before that
    // marks the task, which is looked at when it is enqueued.
    private void Register(PoolTask task, CancellationToken cancellationToken, CancellationToken withdrawal)
    {
        task.Cancellation = cancellationToken.Register(() => _scheduler.Stop(task, new OperationCanceledException(cancellationToken)));
        task.Withdrawal = withdrawal.Register(() => _scheduler.Withdraw(task));
    }

    private TResult Invoke<TResult>(Delegate call, object?[] arguments, PoolTaskOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        cancellationToken.ThrowIfCancellationRequested();
        PoolCall written = PoolCall.Write(call, arguments);
        return Submit<TResult>(written, options, isAwaitedHere: true, cancellationToken).GetAwaiter().GetResult();
    }
}
