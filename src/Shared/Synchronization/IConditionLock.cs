namespace IpcDemos.Shared.Synchronization;

/// <summary>What a condition needs of the lock that it works with.</summary>
internal interface IConditionLock : IReleasable, IDisposable
{
    /// <summary>Whether the caller may use the condition now.</summary>
    bool IsHeldByCaller { get; }

    LockResult Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    ValueTask<LockResult> AcquireAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes the caller's asynchronous flow the owner, if its thread is: a thread cannot own what an await comes back with.
    /// Must be called in that flow itself, not in an asynchronous method that it calls.
    /// </summary>
    void PassToFlow();

    /// <summary>Gives the lock up completely, however often it was acquired, and returns what restores that.</summary>
    LockDepth ReleaseAll();

    /// <summary>Acquires the lock again, to the same depth, however long it takes.</summary>
    ValueTask AcquireAgainAsync(bool isAsync, LockDepth depth);
}
