using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Channels;

/// <content>
/// Which processes have the queue open. Whoever waits watches them, and what each took is tallied, so that it is known what
/// a dead one had. An entry's process word, with p for an identity:
/// <code>
///   0 -> p+joining    by p, with a CAS; p then notes the entry's tallies as they are
///   p+joining -> p    by p, which then rouses all who wait: from now on they watch p as well
///   p -> 0            by p, when it disposes of the queue; or by whoever has proof that p has ended, under the members' lock
/// </code>
/// </content>
internal sealed unsafe partial class QueueRing
{
    private const ulong Joining = 1ul << 31;

    private static readonly HashSet<QueueRing> s_open = [];

    private readonly QueueMember* _member;

    static QueueRing()
    {
        AppDomain.CurrentDomain.ProcessExit += static (_, _) => LeaveAll();
    }

    private static ulong Self => ProcessIdentity.Current.Packed;

    private int MembersUsed => Math.Min(Volatile.Read(ref _state->MembersUsed), QueueLayout.Members);

    private WakeGate Tasks => new(&_state->Tasks);

    private QueueMember* MemberAt(int index) => (QueueMember*)((byte*)_state + QueueLayout.MembersOffset) + index;

    private static ProcessIdentity IdentityOf(ulong process) => ProcessIdentity.FromPacked(process & ~Joining);

    private QueueMember* Claim()
    {
        QueueMember* member = TryClaim();
        if (member is null)
        {
            _ = Blocking.Result(RemoveDeadAsync(isAsync: false, Deadline.After(TimeSpan.Zero).WithGrace, CancellationToken.None));
            member = TryClaim();
        }

        return member is not null
            ? member
            : throw new IOException($"{QueueLayout.Members} processes have this queue open already, and no more can.");
    }

    private void Join()
    {
        // First, for the process may end from here on, and note in the entry that it does so in order.
        _member->Left = QueueLeaving.Not;
        lock (s_open)
        {
            _ = s_open.Add(this);
        }

        CrashPoint.Reach("queue.join.claimed");
        _member->TakenBefore = _member->Taken;
        _member->DoneBefore = _member->Done;
        _ = Interlocked.Exchange(ref _member->Process, Self);
        CrashPoint.Reach("queue.join.joined");
        Items.Rouse();
        Room.Rouse();
        Tasks.Rouse();
    }

    private QueueMember* TryClaim()
    {
        for (int index = 0; index < QueueLayout.Members; index++)
        {
            QueueMember* member = MemberAt(index);
            if (Volatile.Read(ref member->Process) != 0)
            {
                continue;
            }

            // Before the claim: whoever looks for dead members looks only below this number.
            int used;
            while ((used = Volatile.Read(ref _state->MembersUsed)) <= index)
            {
                _ = Interlocked.CompareExchange(ref _state->MembersUsed, index + 1, used);
            }

            if (Interlocked.CompareExchange(ref member->Process, Self | Joining, 0) == 0)
            {
                return member;
            }
        }

        return null;
    }

    private void Leave()
    {
        lock (s_open)
        {
            if (s_open.Remove(this))
            {
                Volatile.Write(ref _member->Process, 0);
            }
        }
    }

    /// <summary>
    /// A process that ends in order is done with what it took; only if items are marked done, those that were not are lost with it.
    /// That is noted, and the entry is left for others to find when the process has ended: threads in the background put and take
    /// until then. Were it freed here, nobody would watch the process when one of them publishes an item and dies before it wakes
    /// who waits for it, and a last tally could land in a newcomer's entry.
    /// </summary>
    private static void LeaveAll()
    {
        lock (s_open)
        {
            foreach (QueueRing ring in s_open)
            {
                bool tracksTasks = Volatile.Read(ref ring._state->TracksTasks) != 0;
                ring._member->Left = tracksTasks ? QueueLeaving.WithItemsMarked : QueueLeaving.DoneWithItems;
            }
        }
    }

    /// <summary>
    /// Has the end of every other member interrupt the wait. To be called after the gate was marked: a member that joins
    /// later rouses who is there.
    /// </summary>
    /// <returns>Whether any has ended already, and is to be removed.</returns>
    private bool WatchMembers(SharedWait wait)
    {
        bool anyHasEnded = false;
        for (int index = 0; index < MembersUsed; index++)
        {
            ulong process = Volatile.Read(ref MemberAt(index)->Process);
            if (process != 0 && (process & ~Joining) != Self)
            {
                anyHasEnded |= wait.Watch(IdentityOf(process)).HasEnded;
            }
        }

        return anyHasEnded;
    }
}
