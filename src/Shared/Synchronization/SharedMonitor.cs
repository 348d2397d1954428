using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// A monitor in shared memory: a <see cref="RobustLock"/>, a way to wait for changes of what it guards, and a table of the
/// processes that take part, each with a number of its own. What is written as plain code between <see cref="EnterAsync"/>
/// and <see cref="Exit"/> is then safe against the death of any process at any point.
/// </summary>
/// <remarks>
/// <para>
/// Only members change anything, and every waiter watches all members and looks again when one of them ends. So it does not
/// matter whom a killed process was about to wake; and a new member wakes all waiters once, so that they watch it too.
/// </para>
/// <para>
/// The lock is held for some nanoseconds at a time. A process that is stopped (not killed) exactly then holds up the
/// others until it goes on.
/// </para>
/// </remarks>
internal sealed partial class SharedMonitor
{
    private readonly SharedLifetime _lifetime;
    private readonly IMonitored _owner;
    private readonly RobustLock _lock;
    private int _selfIndex = -1;
    private bool _isChanged;

    /// <summary>The monitor at the beginning of the lifetime's block.</summary>
    /// <param name="lifetime">The block's lifetime.</param>
    /// <param name="owner">The object it guards.</param>
    public unsafe SharedMonitor(SharedLifetime lifetime, IMonitored owner)
    {
        _lifetime = lifetime;
        _owner = owner;
        _state = (MonitorState*)lifetime.Block.Pointer;
        _lock = new RobustLock(lifetime, &_state->Lock);
    }

    /// <summary>Enters if nobody is inside, nor has died there.</summary>
    public bool TryEnterNow(CancellationToken cancellationToken) => _lock.TryTakeNow(cancellationToken);

    /// <summary>Enters. If somebody died inside, the state has been put right when this returns.</summary>
    /// <param name="isAsync">Whether to free the thread meanwhile.</param>
    /// <param name="deadline">
    /// When to give up, in whose stead those inside are nevertheless allowed the moment that they need (<see cref="Deadline.WithGrace"/>).
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether the caller is inside.</returns>
    public ValueTask<bool> EnterAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken) =>
        _lock.TryTakeNow(cancellationToken) ? new(true) : ContendAsync(isAsync, deadline.WithGrace, cancellationToken);

    /// <summary>Enters unless somebody who lives is inside. Never waits, as <see cref="EnterAsync"/> may for one who is stopped there.</summary>
    /// <returns>Whether the caller is inside.</returns>
    public bool TryEnter() =>
        TryEnterNow(CancellationToken.None) || Blocking.Result(ContendAsync(isAsync: false, Deadline.After(TimeSpan.Zero), CancellationToken.None));

    /// <summary>Enters, however long it takes, and blocks meanwhile.</summary>
    public void Enter() => _ = Blocking.Result(EnterAsync(isAsync: false, Deadline.Infinite, CancellationToken.None));

    /// <summary>Notes that something has changed that waiters look at. Only while inside.</summary>
    public void MarkChanged() => _isChanged = true;

    /// <summary>Leaves, and wakes those who wait if something has changed.</summary>
    /// <returns>The version that stands until the next change.</returns>
    public uint Exit()
    {
        bool mustWake = _isChanged && EndVersion();
        _isChanged = false;
        uint version = Version;
        CrashPoint.Reach("monitor.before-exit");
        _lock.Release();
        if (mustWake)
        {
            CrashPoint.Reach("monitor.before-wake");
            Word.WakeAll();
        }

        return version;
    }

    /// <summary>
    /// Leaves, and waits until something has changed or a member has ended. A member that had ended before the last
    /// <see cref="RemoveEnded"/> must have been removed by now, or this waits for the others only.
    /// </summary>
    /// <param name="isAsync">Whether to free the thread meanwhile.</param>
    /// <param name="wait">The wait in progress.</param>
    /// <param name="deadline">When to give up waiting.</param>
    /// <param name="entry">When to give up getting in once more to say that one waits, as in <see cref="EnterAsync"/>.</param>
    /// <param name="spins">Whether to look for a while before parking.</param>
    /// <param name="cancellationToken">
    /// Ends the attempt to get in once more, with <see cref="OperationCanceledException"/> and outside; of the parking, as of the
    /// disposal, it is the wait that tells.
    /// </param>
    public async ValueTask ExitAndWaitAsync(
        bool isAsync, SharedWait wait, Deadline deadline, Deadline entry, bool spins, CancellationToken cancellationToken)
    {
        uint version = Exit();
        if (spins && BriefSpin.While(Word, version))
        {
            return;
        }

        // Only now does a change cost its maker a system call.
        CrashPoint.Reach("monitor.before-mark");
        if (await EnterAsync(isAsync, entry, cancellationToken).ConfigureAwait(false))
        {
            bool isUnchanged = Version == version && !_isChanged;
            MarkWaiters();
            _ = Exit();
            if (isUnchanged)
            {
                await wait.ParkAsync(isAsync, Word, version, deadline).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Watches all members on behalf of a wait, and has those removed that have ended. Only while inside.</summary>
    public void RemoveEnded(SharedWait wait)
    {
        for (int index = 0; index < Members.Length; index++)
        {
            if (Members[index].Process is var process and not 0 && process != s_self
                && wait.Watch(ProcessIdentity.FromPacked(process)) is { HasEnded: true } ended)
            {
                _owner.RemoveEnded(index, new Abandonment(ended.Process.ProcessId, ended.ExitCode));
            }
        }
    }

    private async ValueTask<bool> ContendAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        LockResult result = isAsync
            ? await _lock.AcquireAsync(deadline, cancellationToken).ConfigureAwait(false)
            : _lock.Acquire(deadline, cancellationToken);
        if (result.Abandonment is { } abandonment)
        {
            Recover(abandonment);
        }

        return result.IsAcquired;
    }
}
