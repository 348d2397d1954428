namespace IpcDemos.Shared.Pools;

/// <summary>What runs calls that have been serialized: a pool of this process, or the reference to one in a manager's server.</summary>
internal interface IPoolRunner
{
    /// <summary>The most workers that run at once.</summary>
    int WorkerCount { get; }

    /// <summary>What the items and results of chunks can lie in; null if the workers are out of its reach.</summary>
    ChunkMemory? Memory { get; }

    /// <summary>Has a call run by a worker.</summary>
    /// <param name="call">The call.</param>
    /// <param name="options">What is different for this task.</param>
    /// <param name="cancellationToken">Ends the task, whether it has started or not.</param>
    /// <param name="withdrawal">Ends the task if it has not started.</param>
    Task<TResult> RunAsync<TResult>(
        PoolCall call, PoolTaskOptions? options, CancellationToken cancellationToken, CancellationToken withdrawal = default);
}
