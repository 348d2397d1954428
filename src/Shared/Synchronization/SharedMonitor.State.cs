using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <content>
/// The shared side. Every access is made by the holder of the lock, but the holder can be killed between any two stores:
/// the comments say why each order is right. With v for the version, +w for the mark of waiters, m for a member and d for one
/// that has ended:
/// <code>
///     free        -> m            Self             then v -> v+1, and v+1 +w -> v+1 in one possession with waking all
///     m, d        -> free         Leave, Remove    the number first, which the object has dealt with; then the process
///     v, v +w     -> v+1          Exit             if something has changed; if the mark was there, all are woken afterwards
///     v           -> v +w         ExitAndWait      by one that found v when it looked, and then parks on v
///     any         -> any +w       Recover          by who takes the lock over from a dead process, after the object's repair;
///                                                  its Exit then ends the version
/// </code>
/// <para>
/// Why nobody sleeps for ever beside what it waits for. A waiter parks only on a version under which it looked and found
/// nothing, and it looked while it watched all members of then. What it waits for comes by a change, and a change is made by a
/// member: one of those, whose death between the change and the waking it is told of; or a later one, which has woken it before
/// it changed anything. A member's death is what the waiter is told of, too, and then removes it itself.
/// </para>
/// <para>
/// Why nothing is lost. The object keeps its truth in words that each operation changes by one store (a member's number, a
/// generation), and what follows from them is computed anew by whoever comes after one that died inside.
/// </para>
/// </content>
internal sealed unsafe partial class SharedMonitor
{
    /// <summary>How many live processes can use one object at a time.</summary>
    public const int MaximumMembers = 128;

    private const int ObjectStateSize = 64;

    private static readonly ulong s_self = ProcessIdentity.Current.Packed;

    private readonly MonitorState* _state;

    /// <summary>How much memory an object takes.</summary>
    public static int ByteSize => sizeof(MonitorState) + ObjectStateSize + (MaximumMembers * sizeof(Member));

    /// <summary>Where the object's own state is.</summary>
    public byte* ObjectState => (byte*)(_state + 1);

    /// <summary>The entries in use or once in use.</summary>
    public Span<Member> Members => new(ObjectState + ObjectStateSize, _state->MemberCount);

    /// <summary>Changes whenever something changes that waiters look at.</summary>
    private uint Version => Volatile.Read(ref _state->Version);

    private WaitWord Word => new(&_state->Version, &_state->Cell);

    /// <summary>This process's entry, made if need be. Only while the lock is held.</summary>
    /// <exception cref="InvalidOperationException">Too many live processes use the object.</exception>
    public ref Member Self
    {
        get
        {
            Span<Member> members = Members;
            if ((uint)_selfIndex < (uint)members.Length && members[_selfIndex].Process == s_self)
            {
                return ref members[_selfIndex];
            }

            return ref TryJoin() ? ref Members[_selfIndex] : ref ThrowFull();
        }
    }

    /// <summary>
    /// Whether there is something that whoever enters would put right: a member has ended, or somebody inside, and this process has
    /// been told so by the watch on it (which the first look begins, and which costs no system call afterwards). Asked from outside,
    /// it tells only how it was.
    /// </summary>
    public bool HasEndedMember
    {
        get
        {
            if (_lock.Holder is { } holder && HasEnded(holder.Packed))
            {
                return true;
            }

            foreach (ref readonly Member member in Members)
            {
                if (Volatile.Read(in member.Process) is var process and not 0 && HasEnded(process))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Makes an entry for this process if it has none. Only while the lock is held.</summary>
    /// <returns>Whether it has one now; false if too many live processes use the object.</returns>
    public bool TryJoin()
    {
        _selfIndex = FindSelf();
        return _selfIndex >= 0;
    }

    /// <summary>Gives up this process's entry if it has the value 0 and no users. Only while the lock is held.</summary>
    public void Leave()
    {
        foreach (ref Member member in Members)
        {
            if (member.Process == s_self && member is { Value: 0, Users: 0 })
            {
                Remove(ref member);
            }
        }
    }

    private static bool HasEnded(ulong process) => process != s_self && ProcessWatch.On(ProcessIdentity.FromPacked(process)).HasEnded;

    private ref Member ThrowFull() => throw new InvalidOperationException(
        $"{_owner} is in use by {MaximumMembers} other live processes already, which is the most it can be.");

    /// <returns>Negative if there is no room.</returns>
    private int FindSelf()
    {
        // Another object of this process for the same memory may have made the entry.
        Span<Member> members = Members;
        int free = -1;
        for (int index = members.Length - 1; index >= 0; index--)
        {
            if (members[index].Process == s_self)
            {
                return index;
            }

            free = members[index].Process == 0 ? index : free;
        }

        if (free < 0 && members.Length == MaximumMembers)
        {
            free = RemoveAnyEnded();
            if (free < 0)
            {
                return free;
            }
        }
        else if (free < 0)
        {
            // The entry behind the last is free, so a death after this store only leaves one more free entry.
            free = members.Length;
            _state->MemberCount = free + 1;
        }

        Volatile.Write(ref Members[free].Process, s_self);
        WakeForNewMember();
        return free;
    }

    /// <summary>Makes room in a full table. Those who only come and go, and wait for nobody, leave their entries behind.</summary>
    /// <returns>Negative if all of them are alive.</returns>
    private int RemoveAnyEnded()
    {
        int free = -1;
        for (int index = 0; index < MaximumMembers; index++)
        {
            var process = ProcessIdentity.FromPacked(Members[index].Process);
            if (!process.IsAlive)
            {
                _owner.RemoveEnded(index, new Abandonment(process.ProcessId, null));
                free = index;
            }
        }

        return free;
    }

    /// <summary>Removes a member, whose <see cref="Member.Value"/> the object has dealt with.</summary>
    public static void Remove(ref Member member)
    {
        // Dying in between, the next sees the member with the value 0: a member that holds nothing.
        Volatile.Write(ref member.Value, 0);
        Volatile.Write(ref member.Users, 0);
        Volatile.Write(ref member.Process, 0);
    }

    /// <summary>Has those who wait look again, so that they watch the new member.</summary>
    private void WakeForNewMember()
    {
        Volatile.Write(ref _state->Version, _state->Version + 1);
        if (_state->HasWaiters != 0)
        {
            // Nobody watches us yet, so our death must not take the mark of waiters with it: the waking comes before the
            // mark is cleared, and both while the lock is held.
            CrashPoint.Reach("monitor.before-member-wake");
            Word.WakeAll();
            Volatile.Write(ref _state->HasWaiters, 0);
        }
    }

    private void MarkWaiters() => _state->HasWaiters = 1;

    /// <summary>
    /// After a death inside: the state is put right, and whatever was about to be told to waiters is told. By whoever takes over,
    /// before anything else: even one that came only to note that it waits leaves the lock released in good order, and nobody after
    /// it would know that there is something to repair. One who is killed before it is through is the next death inside.
    /// </summary>
    private void Recover(Abandonment abandonment)
    {
        CrashPoint.Reach("monitor.before-repair");
        _owner.Repair(abandonment);
        _state->HasWaiters = 1;
        MarkChanged();
    }

    /// <summary>Ends the present version.</summary>
    /// <returns>Whether somebody may be parked on it.</returns>
    private bool EndVersion()
    {
        bool hasWaiters = _state->HasWaiters != 0;

        // A death from here to the waking is the death of a member, whom every waiter watches: they look again all the same.
        Volatile.Write(ref _state->HasWaiters, 0);
        Volatile.Write(ref _state->Version, _state->Version + 1);
        return hasWaiters;
    }
}
