using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <content>
/// The shared side. Every access is made by the holder of the lock, but the holder can be killed between any two stores:
/// the comments say why each order is right.
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

            _selfIndex = FindSelf();
            return ref Members[_selfIndex];
        }
    }

    /// <summary>Gives up this process's entry if it has the value 0. Only while the lock is held.</summary>
    public void Leave()
    {
        foreach (ref Member member in Members)
        {
            if (member.Process == s_self && member.Value == 0)
            {
                Remove(ref member);
            }
        }
    }

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

        if (free < 0)
        {
            if (members.Length == MaximumMembers)
            {
                throw new InvalidOperationException(
                    $"{_owner} is in use by {MaximumMembers} other live processes already, which is the most it can be.");
            }

            // The entry behind the last is free, so a death after this store only leaves one more free entry.
            free = members.Length;
            _state->MemberCount = free + 1;
        }

        Volatile.Write(ref Members[free].Process, s_self);
        WakeForNewMember();
        return free;
    }

    /// <summary>Removes a member, whose <see cref="Member.Value"/> the object has dealt with.</summary>
    public static void Remove(ref Member member)
    {
        // Dying in between, the next sees the member with the value 0: a member that holds nothing.
        Volatile.Write(ref member.Value, 0);
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

    /// <summary>After a death inside: whatever was about to be told to waiters is told.</summary>
    private void Recover()
    {
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
