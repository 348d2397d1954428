namespace IpcDemos.Shared.Pools;

/// <summary>
/// Worker processes that run calls: a <see cref="ProcessPool"/> of one's own, or one that a manager's server hosts. What is here is
/// all that a pool must be able to do; the typed ways in, and maps, are <see cref="ProcessPoolExtensions"/>.
/// </summary>
/// <remarks>Members may be called from any thread. Not to be implemented outside of this library.</remarks>
public interface IProcessPool
{
    /// <summary>The most workers that run at once.</summary>
    int WorkerCount { get; }

    /// <summary>What the items and results of chunks can lie in; null if the workers are out of its reach.</summary>
    internal ChunkMemory? Memory { get; }

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
    /// <see cref="Processes.WorkerDiedException"/> if its worker dies, <see cref="TimeoutException"/> when it is out of time, whatever
    /// it does after that; what it then throws is the inner exception. One that is cancelled while it runs, and returns or throws
    /// something else all the same, ends with that; an <see cref="OperationCanceledException"/> of its own is an exception like any other.
    /// </returns>
    /// <exception cref="ArgumentException">The arguments do not fit the method, or it cannot be called in another process.</exception>
    /// <exception cref="Serialization.MessageSerializationException">An argument or captured variable cannot travel.</exception>
    /// <exception cref="InvalidOperationException">The pool takes no more tasks: it is broken, or has been completed or stopped.</exception>
    Task<TResult> Submit<TResult>(
        Delegate call, object?[] arguments, PoolTaskOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Has a call run by a worker and blocks for its result. (Python: <c>apply</c>.)</summary>
    /// <inheritdoc cref="Submit{TResult}(Delegate, object[], PoolTaskOptions, CancellationToken)"/>
    TResult Invoke<TResult>(
        Delegate call, object?[] arguments, PoolTaskOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Throws if calls must not even be written for it.</summary>
    internal void ThrowUnlessTrusted()
    {
    }

    /// <summary>Has a call run by a worker.</summary>
    /// <param name="call">The call.</param>
    /// <param name="options">What is different for this task.</param>
    /// <param name="cancellationToken">Ends the task, whether it has started or not.</param>
    /// <param name="withdrawal">Ends the task if it has not started.</param>
    internal Task<TResult> RunAsync<TResult>(
        PoolCall call, PoolTaskOptions? options, CancellationToken cancellationToken, CancellationToken withdrawal = default);
}
