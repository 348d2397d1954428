using System.Collections.Immutable;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>
/// The lock with recovery as a state machine, small enough to be walked through exhaustively: every order in which the steps of
/// some processes can happen, with a kill before and after each step, a time-out in each wait, and the news of a death
/// arriving at each waiter at any later time. One step here is one atomic access to the lock word, or one system call, of
/// <c>RobustLock</c>; the names are those of the transitions in <c>RobustLock.State.cs</c>.
/// </summary>
internal sealed class RobustLockModel(int processes, int rounds, int kills, RobustLockFault fault)
{
    /// <summary>What a process does next.</summary>
    private enum Next
    {
        TryTakeFirst,
        Look,
        TryTake,
        Watch,
        TryTakeOver,
        TryMark,
        Park,
        Parked,
        Free,
        WakeAll,
        Dead,
    }

    /// <summary>Walks through all states.</summary>
    /// <returns>How many there are, and how the first wrong one came about; null if none is wrong.</returns>
    public (int States, string? Wrong) Explore()
    {
        var first = new State(Holder: 0, HasMark: false, kills, [.. Enumerable.Repeat(new Process(rounds), processes)]);
        return StateSpace.Explore(
            first,
            static state => state.Key,
            state => Enumerable.Range(0, processes).SelectMany(index => Steps(state, index)),
            state => Enumerable.Range(0, processes).SelectMany(index => Disturbances(state, index)),
            Fault);
    }

    private static string? Fault(State state, bool isStuck)
    {
        int[] inside = [.. Enumerable.Range(0, state.Processes.Length).Where(i => state.Processes[i].Next == Next.Free)];
        return inside.Length > 1 ? "Two processes have the lock."
            : inside.Length == 1 && state.Holder != inside[0] + 1 ? "The holder is not named by the lock."
            : isStuck && state.Processes.Any(process => process.Next == Next.Parked) ? "A process sleeps for ever."
            : null;
    }

    private IEnumerable<(string Step, State State)> Steps(State state, int index)
    {
        Process me = state.Processes[index];
        int name = index + 1;
        State To(Next next) => state.With(index, me with { Next = next });
        bool IsAsSeen() => state.Holder == me.SeenHolder && state.HasMark == me.SeenMark;
        switch (me.Next)
        {
            case Next.TryTakeFirst when me.Rounds > 0:
                yield return Step(state.Holder == 0 ? To(Next.Free) with { Holder = name } : To(Next.Look));
                break;
            case Next.Look:
                yield return Step(state.With(index, me with
                {
                    Next = state.Holder == 0 ? Next.TryTake : Next.Watch,
                    SeenHolder = state.Holder,
                    SeenMark = state.HasMark,
                }));
                break;
            case Next.TryTake:
                yield return Step(state.Holder == 0 ? To(Next.Free) with { Holder = name, HasMark = false } : To(Next.Look));
                break;
            case Next.Watch:
                // A watch that is new tells at once of a process that is dead; an old one does when the news has arrived.
                bool isKnownDead = state.Processes[me.SeenHolder - 1].Next == Next.Dead && !me.Awaits(me.SeenHolder);
                yield return Step(state.With(index, me with
                {
                    Next = isKnownDead ? Next.TryTakeOver : Next.TryMark,
                    Watched = isKnownDead || fault == RobustLockFault.DoesNotWatch ? me.Watched : me.Watched | (1 << me.SeenHolder),
                }));
                break;
            case Next.TryTakeOver:
                yield return Step(IsAsSeen() ? To(Next.Free) with { Holder = name, HasMark = false } : To(Next.Look));
                break;
            case Next.TryMark:
                yield return Step(IsAsSeen()
                    ? state.With(index, me with { Next = Next.Park, SeenMark = true }) with { HasMark = true }
                    : To(Next.Look));
                break;
            case Next.Park:
                yield return Step(me.HasPermit || !IsAsSeen()
                    ? state.With(index, me with { Next = Next.Look, HasPermit = false })
                    : To(Next.Parked));
                break;
            case Next.Free:
                yield return Step((state.HasMark ? To(Next.WakeAll) : Finish(state, index)) with { Holder = 0, HasMark = false });
                break;
            case Next.WakeAll when fault == RobustLockFault.WakesOne && state.Processes.Any(process => process.Next == Next.Parked):
                foreach (int other in Enumerable.Range(0, state.Processes.Length).Where(i => state.Processes[i].Next == Next.Parked))
                {
                    yield return Step(Finish(state.With(other, state.Processes[other] with { Next = Next.Look }), index));
                }

                break;
            case Next.WakeAll:
                yield return Step(Finish(state with
                {
                    Processes = [.. state.Processes.Select(process => process.Next == Next.Parked ? process with { Next = Next.Look } : process)],
                }, index));
                break;
        }

        for (int dead = 1; dead <= state.Processes.Length; dead++)
        {
            if (me.Next != Next.Dead && me.Awaits(dead) && state.Processes[dead - 1].Next == Next.Dead)
            {
                Process told = me with { Watched = me.Watched & ~(1 << dead) };
                yield return ($"{name} is told that {dead} has ended", state.With(index, told.Next == Next.Parked
                    ? told with { Next = Next.Look }
                    : told with { HasPermit = true }));
            }
        }

        (string Step, State State) Step(State next) => ($"{name} {me.Next}", next);
    }

    private IEnumerable<(string Step, State State)> Disturbances(State state, int index)
    {
        Process me = state.Processes[index];
        if (me.Next == Next.Dead || (me.Next == Next.TryTakeFirst && me.Rounds == 0))
        {
            yield break;
        }

        if (state.Kills > 0)
        {
            yield return ($"{index + 1} is killed before {me.Next}", state.With(index, new Process(0) { Next = Next.Dead }) with { Kills = state.Kills - 1 });
        }

        if (me.Next is Next.Parked or Next.TryMark)
        {
            yield return ($"{index + 1} times out", Finish(state, index));
        }
    }

    private static State Finish(State state, int index) =>
        state.With(index, new Process(state.Processes[index].Rounds - 1) { HasPermit = state.Processes[index].HasPermit });

    /// <summary>The lock word, how many kills may still come, and all processes.</summary>
    private sealed record State(int Holder, bool HasMark, int Kills, ImmutableArray<Process> Processes)
    {
        public string Key => $"{Holder}{(HasMark ? "w" : "")} {Kills} {string.Join('|', Processes.Select(process => process.Key))}";

        public State With(int index, Process process) => this with { Processes = Processes.SetItem(index, process) };
    }

    /// <summary>One process: what it does next, what it has seen of the word, whom it watches, and its unpark permit.</summary>
    private readonly record struct Process(int Rounds)
    {
        public Next Next { get; init; }

        public int SeenHolder { get; init; }

        public bool SeenMark { get; init; }

        public int Watched { get; init; }

        public bool HasPermit { get; init; }

        public string Key => $"{Rounds},{(int)Next},{SeenHolder},{SeenMark},{Watched},{HasPermit}";

        public bool Awaits(int process) => (Watched & (1 << process)) != 0;
    }
}
