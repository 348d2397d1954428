using System.Collections.Immutable;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>
/// What <see cref="QueueRingModel"/> leaves out, walked through as exhaustively: consumers that mark what they take done, and may be
/// on their way out of the process while they do; somebody who looks for losses; and somebody who waits until all is done. One step
/// is one store to shared memory, or what happens under a lock and nobody else can see in between.
/// </summary>
/// <remarks>Processes, and their entries among the members: the consumers, then who looks for losses, then who joins.</remarks>
internal sealed class QueueMembersModel(int consumers, int items, int kills, QueueMembersFault fault)
{
    private enum Next
    {
        // A consumer.
        Lock,
        Look,
        Note,
        StoreHead,
        Tally,
        Unlock,
        MarkDone,
        AddUp,

        // Who joins.
        Mark,
        Watch,
        LockToLook,
        LookWhetherDone,
        Park,
        Parked,

        // Both who looks for losses and who joins.
        LockMembers,
        Snapshot,
        LockToSettle,
        Settle,
        Record,
        SettleDone,
        Free,
        UnlockMembers,
        UnlockMembersInVain,

        // Everybody.
        ClearGate,
        WakeAll,
        Idle,
        Ended,
        Dead,
    }

    private int Finder => consumers;

    private int Joiner => consumers + 1;

    /// <summary>Walks through all states.</summary>
    /// <returns>How many there are, and how the first wrong one came about; null if none is wrong.</returns>
    public (int States, string? Wrong) Explore()
    {
        var first = new State(0, 0, 0, 0, kills, null,
            [.. Enumerable.Range(0, consumers + 2).Select(index =>
                new Process(index < Finder ? Next.Lock : index == Finder ? Next.LockMembers : Next.Mark) { IsListed = true })]);
        return StateSpace.Explore(first, static state => state.Key, Steps, Kills, Fault);
    }

    private string? Fault(State state, bool isStuck) =>
        isStuck && state.Processes[Joiner].Next == Next.Parked && state.Head == items ? "Who joins sleeps for ever." : state.Wrong;

    private IEnumerable<(string Step, State State)> Steps(State state)
    {
        for (int index = 0; index < state.Processes.Length; index++)
        {
            if (TryStep(state, index) is { } next)
            {
                yield return ($"{Name(index)} {state.Processes[index].Next}", next);
            }

            foreach ((string Step, State State) news in Endings(state, index))
            {
                yield return news;
            }
        }
    }

    private string Name(int index) => index < Finder ? $"consumer {index}" : index == Finder ? "who looks for losses" : "who joins";

    /// <summary>What the process does next; null if it has nothing to do, or waits.</summary>
    private State? TryStep(State state, int index)
    {
        Process me = state.Processes[index];
        State To(Next next) => state.With(index, me with { Next = next });
        switch (me.Next)
        {
            case Next.Lock:
                return LockHead(state, index, Next.Look);
            case Next.Look:
                return To(state.Head == items ? Next.Unlock : Next.Note);
            case Next.Note:
                return Own(state.With(index, me with { Next = Next.StoreHead, NextTaken = me.Taken + 1, NextHead = state.Head + 1 }), me);
            case Next.StoreHead:
                return state.With(index, me with { Next = Next.Tally, Really = me.Really + 1 }) with { Head = state.Head + 1 };
            case Next.Tally:
                return Own(state.With(index, me with { Next = Next.Unlock, Taken = me.NextTaken }), me);
            case Next.Unlock:
                return To(me.Done < me.Really ? Next.MarkDone : Next.Idle) with { HeadLock = 0 };
            case Next.MarkDone:
                return Own(state.With(index, me with { Next = Next.AddUp, Done = me.Done + 1 }), me);
            case Next.AddUp:
                bool isAll = state.Processes.Sum(process => process.Done) == state.Processes.Sum(process => process.Taken) && state.Head == items;
                return To(isAll ? Next.ClearGate : Next.Lock);
            case Next.Mark:
                State marked = state.Gate % 2 == 1 ? state : state with { Gate = state.Gate + 1 };
                return marked.With(index, me with { Next = Next.Watch, SeenGate = marked.Gate });
            case Next.Watch:
                int[] listed = [.. Others(index).Where(other => state.Processes[other].IsListed)];
                bool anyHasEnded = listed.Any(other => state.Processes[other].HasEnded);
                int watched = fault == QueueMembersFault.DoesNotWatch ? 0
                    : listed.Where(other => !state.Processes[other].HasEnded).Sum(static other => 1 << other);
                return state.With(index, me with { Next = anyHasEnded ? Next.LockMembers : Next.LockToLook, Watched = me.Watched | watched });
            case Next.LockToLook:
                return LockHead(state, index, Next.LookWhetherDone);
            case Next.LookWhetherDone:
                int unfinished = items - state.Head + state.Processes.Sum(process => process.Taken) - state.Processes.Sum(process => process.Done);
                return To(unfinished <= 0 ? Next.Ended : Next.Park) with { HeadLock = 0 };
            case Next.Park:
                return me.HasPermit || state.Gate != me.SeenGate ? state.With(index, me with { Next = Next.Mark, HasPermit = false }) : To(Next.Parked);
            case Next.ClearGate:
                return state.Gate % 2 == 1 ? To(Next.WakeAll) with { Gate = state.Gate + 1 } : To(AfterWaking(index));
            case Next.WakeAll:
                Process joiner = state.Processes[Joiner];
                State woken = To(AfterWaking(index));
                return joiner.Next == Next.Parked ? woken.With(Joiner, joiner with { Next = Next.Mark }) : woken;
            default:
                return TryRemove(state, index);
        }
    }

    private State? TryRemove(State state, int index)
    {
        Process me = state.Processes[index];
        State To(Next next) => state.With(index, me with { Next = next });
        bool waits = index == Joiner && fault != QueueMembersFault.GivesUpInJoin;
        switch (me.Next)
        {
            case Next.LockMembers:
                return IsFree(state, state.MembersLock) ? To(Next.Snapshot) with { MembersLock = index + 1 }
                    : waits ? null : To(AfterWaking(index));
            case Next.Snapshot:
                int found = Ended(state, index);
                return state.With(index, me with { Next = found == 0 ? Next.UnlockMembersInVain : Next.LockToSettle, Found = found });
            case Next.LockToSettle:
                return LockHead(state, index, Next.Settle) ?? (waits ? null : state.With(index, me with { Next = Next.UnlockMembersInVain, Found = 0 }));
            case Next.Settle:
                int late = fault == QueueMembersFault.LooksAfterSettling ? 0 : me.Found;
                return state.With(index, me with { Next = Next.Record, Found = late }) with { HeadLock = 0 };
            case Next.Record when fault == QueueMembersFault.LooksAfterSettling && me.Found == 0:
                return state.With(index, me with { Found = Ended(state, index) });
            case Next.Record or Next.SettleDone or Next.Free:
                return Remove(state, index, int.TrailingZeroCount(me.Found));
            case Next.UnlockMembers:
                return To(Next.ClearGate) with { MembersLock = 0 };
            case Next.UnlockMembersInVain:
                return To(AfterWaking(index)) with { MembersLock = 0 };
            default:
                return null;
        }
    }

    /// <summary>The three stores that take one member off.</summary>
    private static State Remove(State state, int index, int dead)
    {
        Process me = state.Processes[index];
        Process it = state.Processes[dead];
        bool isLoss = !it.HasLeft || it.Taken > it.Done;
        switch (me.Next)
        {
            case Next.Record when isLoss:
                string? wrong = it.Lost is null && it.Taken != it.Really ? "A loss is told of with another number than were taken." : state.Wrong;
                return state.With(dead, it with { Lost = it.Lost ?? it.Taken }).With(index, me with { Next = Next.SettleDone }) with { Wrong = wrong };
            case Next.SettleDone:
                return state.With(dead, it with { Done = Math.Max(it.Lost!.Value, it.Done) }).With(index, me with { Next = Next.Free });
            default:
                int left = me.Found & ~(1 << dead);
                return state.With(dead, it with { IsListed = false })
                    .With(index, me with { Found = left, Next = left == 0 ? Next.UnlockMembers : Next.Record });
        }
    }

    /// <summary>Takes the lock of the head, from a dead holder if it must be, whose tally is then completed. Null while another has it.</summary>
    private static State? LockHead(State state, int index, Next next)
    {
        if (!IsFree(state, state.HeadLock))
        {
            return null;
        }

        State locked = state.With(index, state.Processes[index] with { Next = next });
        if (state.HeadLock != 0)
        {
            for (int other = 0; other < state.Processes.Length; other++)
            {
                Process it = locked.Processes[other];
                if (it.NextTaken != it.Taken)
                {
                    locked = Own(locked.With(other, it.NextHead == state.Head ? it with { Taken = it.NextTaken } : it with { NextTaken = it.Taken }), it);
                }
            }
        }

        return locked with { HeadLock = index + 1 };
    }

    /// <summary>An entry that is nobody's must not change: by then it may be a newcomer's.</summary>
    private static State Own(State state, Process entry) => entry.IsListed ? state : state with { Wrong = "An entry that is free was written to." };

    private static bool IsFree(State state, int holder) => holder == 0 || state.Processes[holder - 1].HasEnded;

    private Next AfterWaking(int index) => index < Finder ? Next.Lock : index == Finder ? Next.Idle : Next.LockToLook;

    private IEnumerable<int> Others(int index) => Enumerable.Range(0, consumers + 2).Where(other => other != index);

    private int Ended(State state, int index) =>
        Others(index).Where(other => state.Processes[other].IsListed && state.Processes[other].HasEnded).Sum(static other => 1 << other);

    /// <summary>The news of a death, and a consumer's end in order, which its threads in the background do not wait for.</summary>
    private IEnumerable<(string Step, State State)> Endings(State state, int index)
    {
        Process me = state.Processes[index];
        foreach (int dead in Others(index).Where(other => !me.HasEnded && (me.Watched & (1 << other)) != 0 && state.Processes[other].HasEnded))
        {
            Process told = me with { Watched = me.Watched & ~(1 << dead) };
            yield return ($"{Name(index)} is told that {Name(dead)} has ended", state.With(index, told.Next == Next.Parked
                ? told with { Next = Next.Mark }
                : told with { HasPermit = true }));
        }

        if (index == 0 && !me.HasEnded && !me.HasLeft)
        {
            yield return ($"{Name(index)} leaves", state.With(index, me with { HasLeft = true, IsListed = fault != QueueMembersFault.FreesOnLeaving }));
        }
    }

    private IEnumerable<(string Step, State State)> Kills(State state)
    {
        for (int index = 0; index < state.Processes.Length && state.Kills > 0; index++)
        {
            Process me = state.Processes[index];
            if (!me.HasEnded && me.Next != Next.Ended)
            {
                Process dead = me with { Next = Next.Dead, Watched = 0, HasPermit = false, SeenGate = 0, Found = 0 };
                yield return ($"{Name(index)} is killed before {me.Next}", state.With(index, dead) with { Kills = state.Kills - 1 });
            }
        }
    }

    private sealed record State(int HeadLock, int MembersLock, int Head, int Gate, int Kills, string? Wrong, ImmutableArray<Process> Processes)
    {
        public string Key => $"{HeadLock},{MembersLock},{Head},{Gate},{Kills},{Wrong} {string.Join('|', Processes.Select(process => process.Key))}";

        public State With(int index, Process process) => this with { Processes = Processes.SetItem(index, process) };
    }

    /// <summary>One process and its entry: the tallies, what it really took, what was recorded as its loss, and its wait.</summary>
    private readonly record struct Process(Next Next)
    {
        public bool IsListed { get; init; }

        public bool HasLeft { get; init; }

        public int Taken { get; init; }

        public int NextTaken { get; init; }

        public int NextHead { get; init; }

        public int Done { get; init; }

        public int Really { get; init; }

        public int? Lost { get; init; }

        public int Found { get; init; }

        public int SeenGate { get; init; }

        public int Watched { get; init; }

        public bool HasPermit { get; init; }

        public bool HasEnded => Next == Next.Dead;

        public string Key =>
            $"{(int)Next},{IsListed},{HasLeft},{Taken},{NextTaken},{NextHead},{Done},{Really},{Lost},{Found},{SeenGate},{Watched},{HasPermit}";
    }
}
