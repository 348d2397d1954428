using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>One kind of lock, as the contract that all kinds keep sees it; usable in a worker, too.</summary>
public interface ILockKind<T>
    where T : class, IDisposable, IWaitable
{
    /// <summary>Whether the next holder is told of a death.</summary>
    static abstract bool TellsAbandonment { get; }

    static abstract T Create();

    static abstract LockResult Acquire(T mutex, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    static abstract ValueTask<LockResult> AcquireAsync(T mutex, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    static abstract LockHold Hold(T mutex, TimeSpan? timeout = null);

    static abstract ValueTask<LockHold> HoldAsync(T mutex, TimeSpan? timeout = null);

    static abstract void Release(T mutex);
}
