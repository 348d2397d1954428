using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// A <see cref="SharedLock"/> that its owner, a thread, may acquire again, and must release as often. The counterpart of Python's
/// <c>manager.RLock()</c>.
/// </summary>
/// <remarks>
/// It belongs to the thread that acquired it, so it has no awaitable form: after an <c>await</c> the code may be on another
/// thread. For everything else see <see cref="SharedLock"/>.
/// </remarks>
[MessagePackFormatter(typeof(ManagerProxyFormatter<SharedRecursiveLock>))]
public sealed class SharedRecursiveLock : ManagerProxy, ISharedProxy<SharedRecursiveLock>, IReleasable
{
    private SharedRecursiveLock(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>Whether somebody holds it now; only a hint, since it may change at any time.</summary>
    public bool IsHeld => Call("is_held").Result<bool>();

    static string ISharedProxy<SharedRecursiveLock>.TypeName => "recursive_lock";

    private static ulong Thread => (ulong)Environment.CurrentManagedThreadId;

    /// <summary>Acquires the lock, once more if this thread holds it. Blocks while another thread does, here or elsewhere.</summary>
    /// <returns>True, or false after the time-out; and who died holding it, if that is how it came to the caller.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; the lock was not acquired.</exception>
    public LockResult Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockState.ToResult(Call("acquire", Thread, Milliseconds(timeout)).Within(timeout, new LateRelease(Number, Thread)).Result<long>(cancellationToken));

    /// <summary>Takes back one acquire; the last one lets others have the lock.</summary>
    /// <exception cref="SynchronizationLockException">This thread does not hold it.</exception>
    public void Release() => Call("release", Thread).Wait();

    /// <summary>Acquires the lock until the returned value is disposed of, on the same thread.</summary>
    /// <exception cref="TimeoutException">The lock was not to be had in time.</exception>
    public LockHold Hold(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockHold.Of(this, Acquire(timeout, cancellationToken), timeout);

    static SharedRecursiveLock ISharedProxy<SharedRecursiveLock>.From(SharedReference reference) => new(reference);
}
