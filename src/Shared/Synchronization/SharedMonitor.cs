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
    private readonly object _owner;
    private readonly RobustLock _lock;
    private int _selfIndex = -1;
    private bool _isChanged;

    /// <summary>The monitor at the beginning of the lifetime's block.</summary>
    /// <param name="lifetime">The block's lifetime.</param>
    /// <param name="owner">The object it guards, for error messages.</param>
    public unsafe SharedMonitor(SharedLifetime lifetime, object owner)
    {
        _lifetime = lifetime;
        _owner = owner;
        _state = (MonitorState*)lifetime.Block.Pointer;
        _lock = new RobustLock(lifetime, &_state->Lock);
    }

    /// <summary>Enters if nobody is inside, or has died there.</summary>
    public bool TryEnterNow(CancellationToken cancellationToken) => _lock.TryTakeNow(cancellationToken);

    /// <summary>Enters; <see cref="LockResult.IsAbandoned"/> if somebody died inside, and the state has to be put right.</summary>
    public ValueTask<LockResult> EnterAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken) =>
        _lock.TryTakeNow(cancellationToken) ? new(new LockResult(true)) : ContendAsync(isAsync, deadline, cancellationToken);

    /// <summary>Enters, however long it takes, and blocks meanwhile.</summary>
    public LockResult Enter() => Blocking.Result(EnterAsync(isAsync: false, Deadline.Infinite, CancellationToken.None));

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
    /// <see cref="FindEnded"/> must have been removed by now, or this waits for the others only.
    /// </summary>
    /// <param name="isAsync">Whether to free the thread meanwhile.</param>
    /// <param name="wait">The wait in progress.</param>
    /// <param name="deadline">When to give up.</param>
    /// <param name="spins">Whether to look for a while before parking.</param>
    public async ValueTask ExitAndWaitAsync(bool isAsync, SharedWait wait, Deadline deadline, bool spins)
    {
        uint version = Exit();
        if (spins && BriefSpin.While(Word, version))
        {
            return;
        }

        // Only now does a change cost its maker a system call.
        LockResult entered = await EnterAsync(isAsync, deadline, CancellationToken.None).ConfigureAwait(false);
        if (entered)
        {
            bool isUnchanged = Version == version && !entered.IsAbandoned;
            MarkWaiters();
            _ = Exit();
            if (isUnchanged)
            {
                await wait.ParkAsync(isAsync, Word, version, deadline).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Watches all members on behalf of a wait, and returns the index of one that has ended; -1 if there is none.</summary>
    public int FindEnded(SharedWait wait, out ProcessWatch? ended)
    {
        Span<Member> members = Members;
        for (int index = 0; index < members.Length; index++)
        {
            if (members[index].Process is var process and not 0 && process != s_self)
            {
                ended = wait.Watch(ProcessIdentity.FromPacked(process));
                if (ended.HasEnded)
                {
                    return index;
                }
            }
        }

        ended = null;
        return -1;
    }

    private async ValueTask<LockResult> ContendAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        LockResult result = isAsync
            ? await _lock.AcquireAsync(deadline, cancellationToken).ConfigureAwait(false)
            : _lock.Acquire(deadline, cancellationToken);
        if (result.IsAbandoned)
        {
            Recover();
        }

        return result;
    }
}
