using System.Collections.Immutable;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>
/// The queue's ring as a state machine, small enough to be walked through exhaustively: every order in which the steps of some
/// producers and consumers can happen, with a kill before and after each step, and the news of a death arriving at each waiter
/// at any later time. One step here is one access to shared memory, or one system call, of <c>QueueRing</c> and
/// <c>WakeGate</c>. The locks are taken as what <c>RobustLockModel</c> proves them to be: had by one at a time, and by another
/// once the holder is dead. An item is two halves, so that a torn one can be told.
/// </summary>
internal sealed class QueueRingModel(int producers, int consumers, int items, int capacity, int kills, QueueRingFault fault)
{
    private const int Torn = -1;

    private enum Next
    {
        Lock,
        Look,
        Mend,
        WriteHalf,
        WriteWhole,
        Publish,
        Copy,
        Note,
        StoreHead,
        Tally,
        Unlock,
        UnlockToWait,
        SeeGate,
        ClearGate,
        WakeAll,
        Mark,
        LookAgain,
        Park,
        Parked,
        Done,
        Dead,
    }

    /// <summary>Walks through all states.</summary>
    /// <returns>How many there are, and how the first wrong one came about; null if none is wrong.</returns>
    public (int States, string? Wrong) Explore()
    {
        var first = new State(
            0, 0, 0, 0, 0, 0, kills,
            [.. Enumerable.Repeat(Torn, capacity)],
            [.. Enumerable.Range(0, producers + consumers).Select(index => new Process(index < producers ? items : int.MaxValue))]);
        return StateSpace.Explore(first, static state => state.Key, Steps, Kills, Fault);
    }

    private IEnumerable<(string Step, State State)> Steps(State state)
    {
        for (int index = 0; index < state.Processes.Length; index++)
        {
            if (TryStep(state, index) is { } next)
            {
                yield return ($"{Name(index)} {state.Processes[index].Next}", next);
            }

            foreach ((string Step, State State) news in News(state, index))
            {
                yield return news;
            }
        }
    }

    private string Name(int index) => index < producers ? $"producer {index}" : $"consumer {index - producers}";

    private bool IsProducer(int index) => index < producers;

    private string? Fault(State state, bool isStuck)
    {
        if (state.HasTornItem)
        {
            return "A consumer has read what is not the item of its place.";
        }

        if (state.HeadLock == 0 && state.Processes.Sum(process => process.Taken) != state.Head)
        {
            return "What was taken is not what was tallied.";
        }

        if (!isStuck)
        {
            return null;
        }

        int count = state.Tail - state.Head;
        for (int index = 0; index < state.Processes.Length; index++)
        {
            if (state.Processes[index].Next == Next.Parked && (IsProducer(index) ? count < capacity : count > 0))
            {
                return $"{Name(index)} sleeps for ever.";
            }
        }

        return null;
    }

    /// <summary>What the process does next; null if it has nothing to do, or waits.</summary>
    private State? TryStep(State state, int index)
    {
        Process me = state.Processes[index];
        bool isProducer = IsProducer(index);
        State To(Next next) => state.With(index, me with { Next = next });
        State Free(Next next) => isProducer ? To(next) with { TailLock = 0 } : To(next) with { HeadLock = 0 };
        switch (me.Next)
        {
            case Next.Lock:
                int holder = isProducer ? state.TailLock : state.HeadLock;
                if (me.Left == 0 || (holder != 0 && state.Processes[holder - 1].Next != Next.Dead))
                {
                    return null;
                }

                return isProducer
                    ? To(Next.Look) with { TailLock = index + 1 }
                    : To(holder == 0 ? Next.Look : Next.Mend) with { HeadLock = index + 1 };
            case Next.Mend:
                return Mended(To(Next.Look));
            case Next.Look when isProducer:
                return To(state.Tail - state.Head == capacity ? Next.UnlockToWait
                    : fault == QueueRingFault.PublishesFirst ? Next.Publish : Next.WriteHalf);
            case Next.Look:
                return To(state.Tail == state.Head ? Next.UnlockToWait : Next.Copy);
            case Next.WriteHalf:
                return To(Next.WriteWhole) with { Slots = state.Slots.SetItem(Place(state, isTail: true), Torn) };
            case Next.WriteWhole:
                int sequence = fault == QueueRingFault.PublishesFirst ? state.Tail - 1 : state.Tail;
                return To(fault == QueueRingFault.PublishesFirst ? Next.Unlock : Next.Publish) with
                {
                    Slots = state.Slots.SetItem(Place(state, isTail: true), sequence),
                };
            case Next.Publish:
                return To(fault == QueueRingFault.PublishesFirst ? Next.WriteHalf : Next.Unlock) with { Tail = state.Tail + 1 };
            case Next.Copy:
                return To(fault == QueueRingFault.DoesNotNote ? Next.StoreHead : Next.Note) with
                {
                    HasTornItem = state.Slots[state.Head % capacity] != state.Head,
                };
            case Next.Note:
                return state.With(index, me with { Next = Next.StoreHead, NextTaken = me.Taken + 1, NextHead = state.Head + 1 });
            case Next.StoreHead:
                return To(Next.Tally) with { Head = state.Head + 1 };
            case Next.Tally:
                return state.With(index, me with { Next = Next.Unlock, Taken = me.Taken + 1, NextTaken = me.Taken + 1 });
            case Next.Unlock:
                return Free(Next.SeeGate);
            case Next.UnlockToWait:
                return Free(fault == QueueRingFault.LooksBeforeMarking ? Next.LookAgain : Next.Mark);
            case Next.SeeGate:
                return IsOdd(state, !isProducer) ? To(Next.ClearGate) : Finish(state, index);
            case Next.ClearGate:
                return IsOdd(state, !isProducer) ? Advance(To(Next.WakeAll), !isProducer) : Finish(state, index);
            case Next.WakeAll:
                return Finish(state with
                {
                    Processes = [.. state.Processes.Select((process, other) => process.Next == Next.Parked && IsProducer(other) != isProducer
                        ? process with { Next = Next.Lock }
                        : process)],
                }, index);
            case Next.Mark:
                State marked = IsOdd(state, isProducer) ? state : Advance(state, isProducer);
                return marked.With(index, me with
                {
                    Next = fault == QueueRingFault.LooksBeforeMarking ? Next.Park : Next.LookAgain,
                    SeenGate = Gate(marked, isProducer),
                    Watched = fault == QueueRingFault.DoesNotWatch ? 0 : Others(state, index),
                });
            case Next.LookAgain:
                bool isReady = isProducer ? state.Tail - state.Head < capacity : state.Tail != state.Head;
                return To(isReady ? Next.Lock : fault == QueueRingFault.LooksBeforeMarking ? Next.Mark : Next.Park);
            case Next.Park:
                return me.HasPermit || Gate(state, isProducer) != me.SeenGate
                    ? state.With(index, me with { Next = Next.Lock, HasPermit = false, Watched = 0 })
                    : To(Next.Parked);
            default:
                return null;
        }
    }

    private int Place(State state, bool isTail) =>
        (isTail && fault == QueueRingFault.PublishesFirst ? state.Tail - 1 : state.Tail) % capacity;

    private static State Mended(State state)
    {
        ImmutableArray<Process> processes = [.. state.Processes.Select(process => process.NextTaken == process.Taken ? process
            : process.NextHead == state.Head ? process with { Taken = process.NextTaken }
            : process with { NextTaken = process.Taken })];
        return state with { Processes = processes };
    }

    private static State Finish(State state, int index)
    {
        Process me = state.Processes[index];
        int left = me.Left == int.MaxValue ? me.Left : me.Left - 1;
        return state.With(index, me with { Next = left == 0 ? Next.Done : Next.Lock, Left = left, Watched = 0, SeenGate = 0 });
    }

    // Those that are dead already were so before the look that follows, and owe nobody a wake-up that it would not make good.
    private static int Others(State state, int index) =>
        Enumerable.Range(0, state.Processes.Length).Where(other => other != index && state.Processes[other].Next != Next.Dead).Sum(other => 1 << other);

    private static int Gate(State state, bool isRoom) => isRoom ? state.RoomGate : state.ItemsGate;

    private static bool IsOdd(State state, bool isRoom) => Gate(state, isRoom) % 2 == 1;

    private static State Advance(State state, bool isRoom) =>
        isRoom ? state with { RoomGate = state.RoomGate + 1 } : state with { ItemsGate = state.ItemsGate + 1 };

    private IEnumerable<(string Step, State State)> News(State state, int index)
    {
        Process me = state.Processes[index];
        for (int dead = 0; dead < state.Processes.Length; dead++)
        {
            if (me.Next != Next.Dead && (me.Watched & (1 << dead)) != 0 && state.Processes[dead].Next == Next.Dead)
            {
                Process told = me with { Watched = me.Watched & ~(1 << dead) };
                yield return ($"{Name(index)} is told that {Name(dead)} has ended", state.With(index, told.Next == Next.Parked
                    ? told with { Next = Next.Lock }
                    : told with { HasPermit = true }));
            }
        }
    }

    private IEnumerable<(string Step, State State)> Kills(State state)
    {
        for (int index = 0; index < state.Processes.Length && state.Kills > 0; index++)
        {
            Process me = state.Processes[index];
            if (me.Next is not (Next.Dead or Next.Done))
            {
                var dead = new Process(0) { Next = Next.Dead, Taken = me.Taken, NextTaken = me.NextTaken, NextHead = me.NextHead };
                yield return ($"{Name(index)} is killed before {me.Next}", state.With(index, dead) with { Kills = state.Kills - 1 });
            }
        }
    }

    private sealed record State(
        int TailLock, int HeadLock, int Tail, int Head, int ItemsGate, int RoomGate, int Kills,
        ImmutableArray<int> Slots, ImmutableArray<Process> Processes)
    {
        public bool HasTornItem { get; init; }

        public string Key =>
            $"{TailLock},{HeadLock},{Tail},{Head},{ItemsGate},{RoomGate},{Kills},{HasTornItem} {string.Join(',', Slots)} {string.Join('|', Processes.Select(process => process.Key))}";

        public State With(int index, Process process) => this with { Processes = Processes.SetItem(index, process) };
    }

    /// <summary>One process: how many items it still puts, what it does next, its entry among the members, and its wait.</summary>
    private readonly record struct Process(int Left)
    {
        public Next Next { get; init; }

        public int Taken { get; init; }

        public int NextTaken { get; init; }

        public int NextHead { get; init; }

        public int SeenGate { get; init; }

        public int Watched { get; init; }

        public bool HasPermit { get; init; }

        public string Key => $"{Left},{(int)Next},{Taken},{NextTaken},{NextHead},{SeenGate},{Watched},{HasPermit}";
    }
}
