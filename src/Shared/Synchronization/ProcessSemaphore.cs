using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// A number of counts that processes acquire and release: a bound on how many do something at once, or a signal that
/// something is there. The counterpart of <c>multiprocessing.Semaphore</c> and, with a maximum, <c>BoundedSemaphore</c>.
/// </summary>
/// <remarks>
/// <para>
/// Any process may release, whether it has acquired or not. Counts that a process has acquired and not released when it
/// dies are recovered, at once and for waiters that are already blocked, as far as that does not make more available than
/// there were in the beginning. So the slots of a <c>ProcessSemaphore(4)</c> that bounds four workers come back from a
/// worker that is killed; and a <c>ProcessSemaphore(0)</c> by which one process signals another is not signalled by a
/// receiver's death. What a dead process has released stays released.
/// </para>
/// <para>
/// The counts are kept by one process at a time, for less than a microsecond. If one is stopped (not killed) just then, an
/// acquire keeps to its time-out and its cancellation, give or take a tenth of a second; a release goes through when the process
/// goes on.
/// </para>
/// <para>
/// Acquiring and releasing cost two atomic operations and no system call unless somebody waits. At most 128 live processes
/// can use one semaphore. There is no order among waiters. All members are safe to call from any thread, except that
/// <see cref="Dispose"/> must not run beside the other members; waits in progress it ends with
/// <see cref="ObjectDisposedException"/>. Can be an argument of a worker, and sent over any connection or queue.
/// </para>
/// </remarks>
[MessagePackFormatter(typeof(SynchronizationFormatter<ProcessSemaphore>))]
public sealed partial class ProcessSemaphore : IWaitable, IDisposable, IReleasable, IMonitored, ISharedReference<ProcessSemaphore>
{
    private readonly SharedLifetime _lifetime;
    private readonly SharedMonitor _monitor;

    /// <summary>
    /// Waiters of this process queue up here, and only the first of them waits in shared memory: one count that becomes
    /// available does not wake a hundred of them.
    /// </summary>
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Creates a semaphore.</summary>
    /// <param name="initialCount">How many counts are available in the beginning; zero or more.</param>
    /// <param name="maximumCount">The most that can be available; at least one, and at least <paramref name="initialCount"/>.</param>
    /// <exception cref="IOException">The system refused the memory.</exception>
    public ProcessSemaphore(int initialCount = 1, int maximumCount = int.MaxValue)
        : this(Allocate(initialCount, maximumCount))
    {
        Initialize(ref State, initialCount, maximumCount);
    }

    private ProcessSemaphore(SharedBlock block)
    {
        _lifetime = new SharedLifetime(block, this);
        _monitor = new SharedMonitor(_lifetime, this);
    }

    /// <summary>How many counts are available now. Does not block; only a hint, since it may change at any time.</summary>
    public int CurrentCount
    {
        get
        {
            _lifetime.ThrowIfDisposed();
            return Volatile.Read(ref State.Available);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Ready is a semaphore with an available count, or one that comes back from a process that has died.</remarks>
    bool IWaitable.IsReady => CurrentCount > 0 || (_monitor.HasEndedMember && TryRecover());

    /// <summary>Acquires one count. Blocks while none is available.</summary>
    /// <param name="timeout">
    /// How long to wait; <see langword="null"/> or <see cref="Timeout.InfiniteTimeSpan"/> waits for ever, zero or less only tries.
    /// </param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <returns>True, or false after the time-out.</returns>
    /// <exception cref="InvalidOperationException">128 other live processes use the semaphore already.</exception>
    public bool Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        TryAcquireNow(cancellationToken) || Blocking.Result(AcquireAsync(isAsync: false, Deadline.After(timeout), cancellationToken));

    /// <summary>Acquires one count. Occupies no thread while it waits.</summary>
    /// <inheritdoc cref="Acquire"/>
    public ValueTask<bool> AcquireAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        TryAcquireNow(cancellationToken) ? new(true) : AcquireAsync(isAsync: true, Deadline.After(timeout), cancellationToken);

    /// <summary>Releases one count.</summary>
    /// <exception cref="SemaphoreFullException">As many counts are available as can be.</exception>
    public void Release() => Release(1);

    /// <summary>Releases counts.</summary>
    /// <param name="count">How many; at least one.</param>
    /// <returns>How many were available before.</returns>
    /// <exception cref="SemaphoreFullException">More counts would be available than can be; none is released.</exception>
    public int Release(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _monitor.Enter();
        try
        {
            return Give(count);
        }
        finally
        {
            _ = _monitor.Exit();
        }
    }

    /// <summary>Acquires one count until the returned value is disposed of: <c>using (slots.Hold()) { … }</c>.</summary>
    /// <param name="timeout">As in <see cref="Acquire"/>.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="TimeoutException">No count was to be had in time.</exception>
    public LockHold Hold(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockHold.Of(this, new LockResult(Acquire(timeout, cancellationToken)), timeout);

    /// <summary>Acquires one count until the returned value is disposed of: <c>await using (await slots.HoldAsync()) { … }</c>.</summary>
    /// <inheritdoc cref="Hold"/>
    public async ValueTask<LockHold> HoldAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockHold.Of(this, new LockResult(await AcquireAsync(timeout, cancellationToken).ConfigureAwait(false)), timeout);

    /// <inheritdoc/>
    async Task IWaitable.WaitReadyAsync(CancellationToken cancellationToken) =>
        await WaitAsync(isAsync: true, takes: false, Deadline.Infinite, cancellationToken).ConfigureAwait(false);

    /// <summary>Gives up this object's share of the semaphore. Counts that this process holds come back when it ends.</summary>
    public void Dispose() => _lifetime.Dispose();

    /// <inheritdoc/>
    public override string ToString() => _lifetime.IsDisposed ? "ProcessSemaphore (disposed)" : $"ProcessSemaphore (count: {CurrentCount})";

    void ISharedReference<ProcessSemaphore>.WriteReference(ref MessagePackWriter writer) => _lifetime.Block.Write(ref writer);

    static ProcessSemaphore ISharedReference<ProcessSemaphore>.ReadReference(ref MessagePackReader reader) => new(SharedBlock.Read(ref reader));

    private static SharedBlock Allocate(int initialCount, int maximumCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(initialCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumCount, Math.Max(initialCount, 1));
        return SharedBlock.Allocate((nuint)ByteSize);
    }

    /// <summary>Has counts come back from those who have ended, unless somebody is inside just now, who may be stopped there.</summary>
    /// <returns>Whether a count is available.</returns>
    private bool TryRecover()
    {
        using SharedWait wait = _lifetime.Enter(CancellationToken.None);
        if (!_monitor.TryEnter())
        {
            return false;
        }

        try
        {
            _monitor.RemoveEnded(wait);
            return CurrentCount > 0;
        }
        finally
        {
            _ = _monitor.Exit();
        }
    }

    private bool TryAcquireNow(CancellationToken cancellationToken)
    {
        if (!_monitor.TryEnterNow(cancellationToken))
        {
            return false;
        }

        try
        {
            return TryTake();
        }
        finally
        {
            _ = _monitor.Exit();
        }
    }

    private async ValueTask<bool> AcquireAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        if (!deadline.HasPassed && SpinUntilAvailable() && TryAcquireNow(cancellationToken))
        {
            return true;
        }

        // Who has no time, or none left, only looks, for which it needs no turn.
        bool isFirst = !deadline.HasPassed && (isAsync
            ? await _gate.WaitAsync(deadline.Remaining, cancellationToken).ConfigureAwait(false)
            : _gate.Wait(deadline.Remaining, cancellationToken));
        try
        {
            return await WaitAsync(isAsync, takes: true, deadline, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (isFirst)
            {
                _ = _gate.Release();
            }
        }
    }

    private async ValueTask<bool> WaitAsync(bool isAsync, bool takes, Deadline deadline, CancellationToken cancellationToken)
    {
        using SharedWait wait = _lifetime.Enter(cancellationToken);
        while (true)
        {
            wait.ThrowIfOver();
            if (!await _monitor.EnterAsync(isAsync, deadline, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            bool isInside = true;
            try
            {
                _monitor.RemoveEnded(wait);
                if (takes ? TryTake() : CurrentCount > 0)
                {
                    return true;
                }

                if (deadline.HasPassed)
                {
                    return false;
                }

                isInside = false;
                await _monitor.ExitAndWaitAsync(isAsync, wait, deadline, entry: deadline, spins: false, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (isInside)
                {
                    _ = _monitor.Exit();
                }
            }
        }
    }
}
