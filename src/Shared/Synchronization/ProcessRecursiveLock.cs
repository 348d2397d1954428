using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// A <see cref="ProcessLock"/> that its owner may acquire again, and must release as often. The counterpart of
/// <c>multiprocessing.RLock</c>.
/// </summary>
/// <remarks>
/// <para>
/// After <see cref="Acquire"/> the owner is the thread, as with <see cref="Monitor"/> and in Python. After
/// <see cref="AcquireAsync"/> the owner is the asynchronous flow: the method that awaited it and all that it calls or
/// starts while it holds the lock, on whatever thread they run. (Work that was started and is still running when the lock
/// has been released is no longer part of the owner.) An <c>async</c> method that acquires for its caller gives it nothing,
/// as with every <see cref="AsyncLocal{T}"/>: acquire where the lock is to be held.
/// </para>
/// <para>For everything else, the death of the owner's process included, see <see cref="ProcessLock"/>.</para>
/// </remarks>
[MessagePackFormatter(typeof(SynchronizationFormatter<ProcessRecursiveLock>))]
public sealed class ProcessRecursiveLock : IWaitable, IDisposable, IConditionLock, ISharedReference<ProcessRecursiveLock>
{
    private const ulong FlowMark = 1ul << 31;

    private static int s_lastFlow;

    private readonly SharedLifetime _lifetime;
    private readonly RobustLock _lock;
    private readonly AsyncLocal<ulong> _flow = new();

    /// <summary>Creates a lock that is free.</summary>
    /// <exception cref="IOException">The system refused the memory.</exception>
    public ProcessRecursiveLock()
        : this(SharedBlock.Allocate((nuint)ByteSize))
    {
    }

    /// <summary>The lock in the first bytes of a block; all zero is a free one.</summary>
    internal unsafe ProcessRecursiveLock(SharedBlock block)
    {
        _lifetime = new SharedLifetime(block, this);
        _lock = new RobustLock(_lifetime, (RobustLockState*)block.Pointer);
    }

    /// <summary>Whether somebody holds it now. Does not block; only a hint, since it may change at any time.</summary>
    public bool IsHeld => Lock.Holder is not null;

    /// <summary>Whether the calling thread or asynchronous flow holds it now.</summary>
    public bool IsHeldByCaller => Lock.IsHeldHere && State.Owner is var owner
        && ((owner & FlowMark) != 0 ? owner == _flow.Value : owner == CurrentThread);

    /// <summary>Who last died while holding the lock, ever; <see langword="null"/> if nobody has. Meaningful while the caller holds it.</summary>
    public Abandonment? LastAbandonment => Lock.LastAbandonment;

    /// <inheritdoc/>
    /// <remarks>Ready is a lock that the caller could acquire now.</remarks>
    bool IWaitable.IsReady => IsHeldByCaller || Lock.IsAvailable;

    private static unsafe int ByteSize => sizeof(RecursiveLockState);

    private static ulong CurrentThread => ((ulong)(uint)Environment.ProcessId << 32) | (uint)Environment.CurrentManagedThreadId;

    private RobustLock Lock
    {
        get
        {
            _lifetime.ThrowIfDisposed();
            return _lock;
        }
    }

    private unsafe ref RecursiveLockState State => ref *(RecursiveLockState*)_lifetime.Block.Pointer;

    /// <summary>Acquires the lock for this thread, once more if it already has it. Blocks while another holds it.</summary>
    /// <param name="timeout">
    /// How long to wait; <see langword="null"/> or <see cref="Timeout.InfiniteTimeSpan"/> waits for ever, zero or less only tries.
    /// </param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <returns>True, or false after the time-out; and who died holding it, if that is how it came to the caller.</returns>
    public LockResult Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        return TryDeepen() ? new LockResult(true) : Own(CurrentThread, 1, Lock.Acquire(Deadline.After(timeout), cancellationToken));
    }

    /// <summary>Acquires the lock for this asynchronous flow, once more if it already has it. Occupies no thread while it waits.</summary>
    /// <inheritdoc cref="Acquire"/>
    public ValueTask<LockResult> AcquireAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        return TryDeepen()
            ? new ValueTask<LockResult>(new LockResult(true))
            : AcquireForAsync(BeginFlow(), 1, Deadline.After(timeout), cancellationToken);
    }

    /// <summary>Takes back one acquire; the last one lets others have the lock. Never waits.</summary>
    /// <exception cref="SynchronizationLockException">The calling thread or asynchronous flow does not hold it.</exception>
    public void Release()
    {
        ThrowIfNotHeld();
        ref RecursiveLockState state = ref State;
        if (state.Depth > 1)
        {
            state.Depth--;
        }
        else
        {
            Free(ref state);
        }
    }

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
    Task IWaitable.WaitReadyAsync(CancellationToken cancellationToken) =>
        IsHeldByCaller ? Task.CompletedTask : Lock.WaitAvailableAsync(cancellationToken);

    /// <summary>
    /// Gives up this object's share of the lock. If this process holds the lock, it keeps it until it ends, unless another
    /// object for the same lock releases it.
    /// </summary>
    public void Dispose() => _lifetime.Dispose();

    /// <inheritdoc/>
    public override string ToString() => _lifetime.IsDisposed
        ? "ProcessRecursiveLock (disposed)"
        : $"ProcessRecursiveLock (holder: {Lock.Holder?.ToString() ?? "none"}, depth: {(IsHeld ? State.Depth : 0)})";

    void IConditionLock.PassToFlow()
    {
        ThrowIfNotHeld();
        ref RecursiveLockState state = ref State;
        if ((state.Owner & FlowMark) == 0)
        {
            state.Owner = BeginFlow();
        }
    }

    LockDepth IConditionLock.ReleaseAll()
    {
        ThrowIfNotHeld();
        ref RecursiveLockState state = ref State;
        var depth = new LockDepth(state.Owner, state.Depth);
        Free(ref state);
        return depth;
    }

    async ValueTask IConditionLock.AcquireAgainAsync(bool isAsync, LockDepth depth) => _ = isAsync
        ? await AcquireForAsync(depth.Owner, depth.Depth, Deadline.Infinite, CancellationToken.None).ConfigureAwait(false)
        : Own(depth.Owner, depth.Depth, Lock.Acquire(Deadline.Infinite, CancellationToken.None));

    void ISharedReference<ProcessRecursiveLock>.WriteReference(ref MessagePackWriter writer) => _lifetime.Block.Write(ref writer);

    static ProcessRecursiveLock ISharedReference<ProcessRecursiveLock>.ReadReference(ref MessagePackReader reader) =>
        new(SharedBlock.Read(ref reader));

    private async ValueTask<LockResult> AcquireForAsync(ulong owner, int depth, Deadline deadline, CancellationToken cancellationToken) =>
        Own(owner, depth, await Lock.AcquireAsync(deadline, cancellationToken).ConfigureAwait(false));

    private LockResult Own(ulong owner, int depth, LockResult result)
    {
        if (result.IsAcquired)
        {
            ref RecursiveLockState state = ref State;
            state.Depth = depth;
            CrashPoint.Reach("recursive.counted");
            state.Owner = owner;
            CrashPoint.Reach("recursive.owned");
        }

        return result;
    }

    private bool TryDeepen()
    {
        if (!IsHeldByCaller)
        {
            return false;
        }

        ref RecursiveLockState state = ref State;
        state.Depth = checked(state.Depth + 1);
        return true;
    }

    private void Free(ref RecursiveLockState state)
    {
        state.Depth = 0;
        CrashPoint.Reach("recursive.uncounted");
        state.Owner = 0;
        CrashPoint.Reach("recursive.disowned");
        Lock.Release();
    }

    /// <summary>
    /// Gives the calling flow a name of its own for this possession. Not one for all time: work that this flow has started
    /// inherits the name, and would else be taken for the owner when the flow acquires again.
    /// </summary>
    private ulong BeginFlow() =>
        _flow.Value = ((ulong)(uint)Environment.ProcessId << 32) | FlowMark | ((uint)Interlocked.Increment(ref s_lastFlow) & ~(uint)FlowMark);

    private void ThrowIfNotHeld()
    {
        if (!IsHeldByCaller)
        {
            throw new SynchronizationLockException(
                $"The calling thread or asynchronous flow does not hold the lock; holder: {Lock.Holder?.ToString() ?? "none"}. "
                + "It must be released where it was acquired.");
        }
    }
}
