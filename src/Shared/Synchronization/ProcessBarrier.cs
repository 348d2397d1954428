using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// A point that a fixed number of parties, in any processes and threads, pass only together, cycle after cycle. The
/// counterpart of <c>multiprocessing.Barrier</c>.
/// </summary>
/// <remarks>
/// <para>
/// A process takes part from its first <see cref="Wait"/> until it disposes of the barrier. If it ends meanwhile, in
/// whatever way, the barrier breaks: those who wait, or come later, get a <see cref="BrokenBarrierException"/> that names
/// it, instead of waiting for somebody who will not come. A party that means to leave for good without that disposes of
/// its barrier first.
/// </para>
/// <para>
/// A delegate does not travel: the action runs in the process that created the barrier, which therefore must be one of the
/// parties if there is an action; else the barrier breaks with <see cref="BarrierBreak.ActionMissing"/>.
/// </para>
/// <para>
/// The parties' account is kept by one process at a time, for less than a microsecond. A process that is stopped (not killed)
/// just then holds the others up until it goes on. One that has not arrived yet keeps to its time-out and its cancellation
/// nevertheless; one that has arrived does so once it can break the barrier, and so do <see cref="Abort"/> and <see cref="Reset"/>.
/// </para>
/// <para>
/// At most 128 live processes can take part; any number can abort and reset. All members are safe to call from any thread, except that
/// <see cref="Dispose"/> must not run beside the other members; waits in progress it ends with
/// <see cref="ObjectDisposedException"/>, which breaks the barrier for the others. Can be an argument of a worker, and
/// sent over any connection or queue.
/// </para>
/// </remarks>
[MessagePackFormatter(typeof(SynchronizationFormatter<ProcessBarrier>))]
public sealed partial class ProcessBarrier : IDisposable, IMonitored, ISharedReference<ProcessBarrier>
{
    private readonly SharedLifetime _lifetime;
    private readonly SharedMonitor _monitor;
    private readonly Action? _action;

    /// <summary>Whether this object is one of its process's <see cref="Member.Users"/>. Only inside the monitor.</summary>
    private bool _takesPart;

    /// <summary>In which generation a party of this object last arrived; that is counted on while it lasts. Only inside the monitor.</summary>
    private uint? _arrivedIn;

    /// <summary>Whether it is being disposed of. Only inside the monitor.</summary>
    private bool _isLeaving;

    /// <summary>Creates a barrier.</summary>
    /// <param name="parties">How many pass together; at least one.</param>
    /// <param name="action">
    /// What one party of this process runs in each cycle when all have arrived and nobody has passed yet. If it throws, that
    /// party gets the exception and the barrier breaks.
    /// </param>
    /// <param name="timeout">How long waits last that do not say; <see langword="null"/> for ever.</param>
    /// <exception cref="IOException">The system refused the memory.</exception>
    public ProcessBarrier(int parties, Action? action = null, TimeSpan? timeout = null)
        : this(Allocate(parties), action)
    {
        Initialize(ref State, parties, action is not null, timeout);
    }

    private ProcessBarrier(SharedBlock block, Action? action)
    {
        _lifetime = new SharedLifetime(block, this);
        _monitor = new SharedMonitor(_lifetime, this);
        _action = action;
    }

    /// <summary>How many parties pass together.</summary>
    public int ParticipantCount => Checked.Parties;

    /// <summary>How many parties have arrived in the present cycle. Does not block; only a hint, since it may change at any time.</summary>
    public int ParticipantsWaiting => Volatile.Read(ref Checked.Arrived);

    /// <summary>Whether nobody passes until <see cref="Reset"/>. Does not block.</summary>
    public bool IsBroken => Checked.Phase == BarrierPhase.Broken;

    private ref BarrierState Checked
    {
        get
        {
            _lifetime.ThrowIfDisposed();
            return ref State;
        }
    }

    /// <summary>Arrives, and blocks until all parties have.</summary>
    /// <param name="timeout">
    /// How long to wait for the others; <see langword="null"/> takes the time given on construction, and
    /// <see cref="Timeout.InfiniteTimeSpan"/> waits for ever. When it is over the barrier breaks, for all.
    /// </param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>, and breaks the barrier for the others if this party has arrived.</param>
    /// <returns>A number from 0 to <see cref="ParticipantCount"/> - 1, a different one for each party of the cycle.</returns>
    /// <exception cref="BrokenBarrierException">The barrier is broken, or breaks meanwhile.</exception>
    /// <exception cref="InvalidOperationException">128 other live processes take part already.</exception>
    /// <exception cref="TimeoutException">
    /// The party could not even arrive in time, which breaks nothing: see the class about processes that are stopped.
    /// </exception>
    public int Wait(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Blocking.Result(WaitAsync(isAsync: false, DeadlineOf(timeout), cancellationToken));

    /// <summary>Arrives, and waits until all parties have. Occupies no thread.</summary>
    /// <inheritdoc cref="Wait"/>
    public ValueTask<int> WaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        WaitAsync(isAsync: true, DeadlineOf(timeout), cancellationToken);

    /// <summary>Breaks the barrier: those who wait and those who come get a <see cref="BrokenBarrierException"/> until <see cref="Reset"/>.</summary>
    public void Abort() => ChangeAll(() => Break(BarrierBreak.Aborted, Environment.ProcessId, null));

    /// <summary>Makes the barrier as new. Parties that wait get a <see cref="BrokenBarrierException"/>.</summary>
    public void Reset() => ChangeAll(() =>
    {
        RemoveEnded();
        ref BarrierState state = ref State;
        if (state.Phase == BarrierPhase.Filling && state.Arrived == 0)
        {
            return;
        }

        if (state.Phase != BarrierPhase.Broken)
        {
            Note(ref state, BarrierBreak.Reset, Environment.ProcessId, null);
        }

        EndGeneration(ref state, isBroken: true);
        state.Phase = BarrierPhase.Filling;
    });

    /// <summary>Takes part no longer, and gives up this object's share of the barrier.</summary>
    public void Dispose()
    {
        if (!_lifetime.IsDisposed)
        {
            TakePartNoLonger();
            _ = _lifetime.Dispose();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => _lifetime.IsDisposed
        ? "ProcessBarrier (disposed)"
        : $"ProcessBarrier ({(IsBroken ? "broken" : $"{ParticipantsWaiting} of {ParticipantCount} waiting")})";

    void ISharedReference<ProcessBarrier>.WriteReference(ref MessagePackWriter writer) => _lifetime.Block.Write(ref writer);

    static ProcessBarrier ISharedReference<ProcessBarrier>.ReadReference(ref MessagePackReader reader) =>
        new(SharedBlock.Read(ref reader), action: null);

    private static SharedBlock Allocate(int parties)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parties, 1);
        return SharedBlock.Allocate((nuint)ByteSize);
    }

    private Deadline DeadlineOf(TimeSpan? timeout) => timeout is null && Checked.TimeoutTicks is var ticks and >= 0
        ? Deadline.After(TimeSpan.FromTicks(ticks))
        : Deadline.After(timeout);

    /// <summary>
    /// Changes what all parties look at. As a member: those who wait watch the members, and only so do they learn of it if this
    /// process is killed between the change and their waking. If there is no room for another member the change is made all the
    /// same, and a kill just then leaves them asleep until the next change or the next death.
    /// </summary>
    private void ChangeAll(Action change)
    {
        _monitor.Enter();
        bool isGuest;
        try
        {
            isGuest = _monitor.TryJoin() && _monitor.Self.Users == 0;
            change();
        }
        finally
        {
            _ = _monitor.Exit();
        }

        CrashPoint.Reach("barrier.changed");
        if (isGuest)
        {
            // Unless somebody in this process has come to take part meanwhile, for then the entry has users.
            _monitor.Enter();
            _monitor.Leave();
            _ = _monitor.Exit();
        }
    }

    private void TakePartNoLonger()
    {
        _monitor.Enter();
        try
        {
            _isLeaving = true;
            if (_arrivedIn == State.Generation)
            {
                Break(BarrierBreak.Cancelled, Environment.ProcessId, null);
            }

            if (_takesPart)
            {
                _takesPart = false;
                _monitor.Self.Users--;
            }

            // Those who wait watch this process since it took part: they learn of the break although it has no entry any more.
            _monitor.Leave();
        }
        finally
        {
            _ = _monitor.Exit();
        }
    }
}
