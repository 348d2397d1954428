using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <content>
/// The table of waiters, which the condition's lock guards. An entry's life:
/// <code>
///     free          -> waiting       Enlist      by the waiter
///     waiting       -> notified      Notify      in one step with waking it, if it is parked
///     any           -> free          Strike      by the waiter once it has the lock again
///     d's, waiting  -> free          PassOnFromEnded   d has ended
///     d's, notified -> free          PassOnFromEnded   the oldest who still waits is notified in its place
/// </code>
/// <para>
/// Why a dead waiter swallows no notification. Notifications go to the oldest. Each waiter watches the processes of all who
/// are older than itself; so when one dies that was notified and has not struck its entry, those who might have been
/// notified in its place learn of it, take the lock and pass the notification on. One that has been struck out has returned:
/// what its process dies of later is its own affair, and that of the lock which it then held.
/// </para>
/// <para>
/// A process killed between notifying the next and freeing the entry of the dead leaves both: a waiter may then be woken
/// once too often, never once too little.
/// </para>
/// </content>
public sealed unsafe partial class ProcessCondition
{
    private const int NotifiedBit = 0;
    private const uint NotifiedMark = 1;
    private const uint ParkedMark = 2;

    private static readonly ulong s_self = ProcessIdentity.Current.Packed;

    private static int ByteSize => sizeof(ConditionState) + (MaximumWaiters * sizeof(ConditionWaiter));

    private ConditionState* State => (ConditionState*)_lifetime.Block.Pointer;

    private Span<ConditionWaiter> Waiters => new(State + 1, State->WaiterCount);

    private WaitWord WordOf(int index)
    {
        ConditionWaiter* waiter = (ConditionWaiter*)(State + 1) + index;
        return new WaitWord(&waiter->Word, &State->Cell);
    }

    private bool TryMarkParked(int index) =>
        Interlocked.CompareExchange(ref Waiters[index].Word, ParkedMark, 0) is 0 or ParkedMark;

    private bool IsNotified(int index) => Waiters[index].IsNotified;

    /// <summary>Enters this flow among the waiters.</summary>
    private int Enlist()
    {
        int index = 0;
        Span<ConditionWaiter> waiters = Waiters;
        while (index < waiters.Length && waiters[index].Process != 0)
        {
            index++;
        }

        if (index == waiters.Length)
        {
            if (index == MaximumWaiters)
            {
                throw new InvalidOperationException($"{MaximumWaiters} waits are in progress on the condition, which is the most there can be.");
            }

            State->WaiterCount = index + 1;
        }

        ref ConditionWaiter waiter = ref Waiters[index];
        waiter.Ticket = ++State->LastTicket;
        waiter.Word = 0;
        CrashPoint.Reach("condition.before-enlisted");
        Volatile.Write(ref waiter.Process, s_self);
        return index;
    }

    private bool Strike(int index)
    {
        ref ConditionWaiter waiter = ref Waiters[index];
        bool wasNotified = waiter.IsNotified;
        CrashPoint.Reach("condition.before-struck");
        Volatile.Write(ref waiter.Process, 0);
        return wasNotified;
    }

    /// <summary>Notifies the one that has waited longest and was not notified yet.</summary>
    private bool NotifyOldest()
    {
        int oldest = -1;
        Span<ConditionWaiter> waiters = Waiters;
        for (int index = 0; index < waiters.Length; index++)
        {
            ref ConditionWaiter waiter = ref waiters[index];
            if (waiter.Process != 0 && !waiter.IsNotified && (oldest < 0 || waiter.Ticket < waiters[oldest].Ticket))
            {
                oldest = index;
            }
        }

        // A waiter that still looks needs no waking.
        if (oldest >= 0 && Interlocked.CompareExchange(ref waiters[oldest].Word, NotifiedMark, 0) != 0)
        {
            WordOf(oldest).SetBitAndWakeAll(NotifiedBit);
        }

        return oldest >= 0;
    }

    /// <summary>Frees the entries of processes that have ended, and passes on the notifications that they did not live to see.</summary>
    /// <param name="wait">On whose behalf all processes that wait are watched from now on.</param>
    private void PassOnFromEnded(SharedWait wait)
    {
        foreach (ref ConditionWaiter waiter in Waiters)
        {
            if (IsOfEnded(wait, in waiter))
            {
                bool wasNotified = waiter.IsNotified;

                // First out of the running, then the notification: it must not come back to the dead.
                waiter.Word |= NotifiedMark;
                if (wasNotified)
                {
                    _ = NotifyOldest();
                }

                CrashPoint.Reach("condition.passing-on");
                Volatile.Write(ref waiter.Process, 0);
            }
        }
    }

    private bool IsAnyEnded(SharedWait wait)
    {
        foreach (ref readonly ConditionWaiter waiter in Waiters)
        {
            if (IsOfEnded(wait, in waiter))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOfEnded(SharedWait wait, in ConditionWaiter waiter) =>
        Volatile.Read(in waiter.Process) is var process and not 0
        && process != s_self
        && wait.Watch(ProcessIdentity.FromPacked(process)).HasEnded;
}
