using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// Mutual exclusion between processes, and between the threads and asynchronous flows of each. Survives the death of its
/// holder: the lock passes on, and the next holder is told. The counterpart of <c>multiprocessing.Lock</c>.
/// </summary>
/// <remarks>
/// <para>
/// The lock belongs to the process that acquired it: any thread of it may release, as code after an <c>await</c> must;
/// another process may not. It is not re-entrant: acquiring it again waits, also on the same thread
/// (<see cref="ProcessRecursiveLock"/> does not). There is no order among waiters.
/// </para>
/// <para>
/// A process that ends in whatever way while it holds the lock loses it: a waiter that is already blocked gets it
/// at once, one that comes later finds it so, and either learns of it from <see cref="LockResult.Abandonment"/>. A process
/// that is merely stopped, however long, keeps it.
/// </para>
/// <para>
/// An uncontended acquire and release cost one atomic operation each, no system call, and no allocation. A contender
/// looks for about a microsecond and then sleeps. All members are safe to call from any thread, except that
/// <see cref="Dispose"/> must not run beside the other members; waits in progress it ends with
/// <see cref="ObjectDisposedException"/>. Can be an argument of a worker, and sent over any connection or queue.
/// </para>
/// </remarks>
[MessagePackFormatter(typeof(SynchronizationFormatter<ProcessLock>))]
public sealed class ProcessLock : IWaitable, IDisposable, IConditionLock, ISharedReference<ProcessLock>
{
    private readonly SharedLifetime _lifetime;
    private readonly RobustLock _lock;

    /// <summary>Creates a lock that is free.</summary>
    /// <exception cref="IOException">The system refused the memory.</exception>
    public ProcessLock()
        : this(SharedBlock.Allocate((nuint)ByteSize))
    {
    }

    private unsafe ProcessLock(SharedBlock block)
    {
        _lifetime = new SharedLifetime(block, this);
        _lock = new RobustLock(_lifetime, (RobustLockState*)block.Pointer);
    }

    private static unsafe int ByteSize => sizeof(RobustLockState);

    private RobustLock Lock
    {
        get
        {
            _lifetime.ThrowIfDisposed();
            return _lock;
        }
    }

    /// <summary>Whether somebody holds it now. Does not block; only a hint, since it may change at any time.</summary>
    public bool IsHeld => Lock.Holder is not null;

    /// <summary>Whether this process holds it now.</summary>
    public bool IsHeldByThisProcess => Lock.IsHeldHere;

    /// <summary>
    /// Who last died while holding the lock, ever; <see langword="null"/> if nobody has. Meaningful while the caller holds it.
    /// </summary>
    public Abandonment? LastAbandonment => Lock.LastAbandonment;

    /// <inheritdoc/>
    /// <remarks>Ready is a lock that could be acquired now.</remarks>
    bool IWaitable.IsReady => Lock.IsAvailable;

    /// <summary>Acquires the lock. Blocks while another holds it.</summary>
    /// <param name="timeout">
    /// How long to wait; <see langword="null"/> or <see cref="Timeout.InfiniteTimeSpan"/> waits for ever, zero or less only tries.
    /// </param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <returns>True, or false after the time-out; and who died holding it, if that is how it came to the caller.</returns>
    public LockResult Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Lock.TryTakeNow(cancellationToken) ? new LockResult(true) : Lock.Contend(Deadline.After(timeout), cancellationToken);

    /// <summary>Acquires the lock. Occupies no thread while it waits.</summary>
    /// <inheritdoc cref="Acquire"/>
    public ValueTask<LockResult> AcquireAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Lock.AcquireAsync(Deadline.After(timeout), cancellationToken);

    /// <summary>Releases the lock. Never waits.</summary>
    /// <exception cref="SynchronizationLockException">This process does not hold it.</exception>
    public void Release() => Lock.Release();

    /// <summary>Acquires the lock until the returned value is disposed of: <c>using (mutex.Hold()) { … }</c>.</summary>
    /// <param name="timeout">As in <see cref="Acquire"/>.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="TimeoutException">The lock was not to be had in time.</exception>
    public LockHold Hold(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockHold.Of(this, Acquire(timeout, cancellationToken), timeout);

    /// <summary>Acquires the lock until the returned value is disposed of: <c>await using (await mutex.HoldAsync()) { … }</c>.</summary>
    /// <inheritdoc cref="Hold"/>
    public ValueTask<LockHold> HoldAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockHold.OfAsync(this, AcquireAsync(timeout, cancellationToken), timeout);

    /// <inheritdoc/>
    Task IWaitable.WaitReadyAsync(CancellationToken cancellationToken) => Lock.WaitAvailableAsync(cancellationToken);

    /// <summary>
    /// Gives up this object's share of the lock. If this process holds the lock, it keeps it until it ends, unless another
    /// object for the same lock releases it.
    /// </summary>
    public void Dispose() => _lifetime.Dispose();

    /// <inheritdoc/>
    public override string ToString() =>
        _lifetime.IsDisposed ? "ProcessLock (disposed)" : $"ProcessLock (holder: {Lock.Holder?.ToString() ?? "none"})";

    bool IConditionLock.IsHeldByCaller => Lock.IsHeldHere;

    void IConditionLock.PassToFlow()
    {
        // Any thread of this process may go on with it.
    }

    LockDepth IConditionLock.ReleaseAll()
    {
        Lock.Release();
        return default;
    }

    async ValueTask IConditionLock.AcquireAgainAsync(bool isAsync, LockDepth depth) => _ = isAsync
        ? await Lock.AcquireAsync(Deadline.Infinite, CancellationToken.None).ConfigureAwait(false)
        : Lock.Acquire(Deadline.Infinite, CancellationToken.None);

    void ISharedReference<ProcessLock>.WriteReference(ref MessagePackWriter writer) => _lifetime.Block.Write(ref writer);

    static ProcessLock ISharedReference<ProcessLock>.ReadReference(ref MessagePackReader reader) =>
        new(SharedBlock.Read(ref reader));
}
