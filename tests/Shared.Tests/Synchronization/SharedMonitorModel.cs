using System.Collections.Immutable;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>
/// The monitor, with a semaphore in it, as a state machine that is walked through exhaustively: every order of the steps of some
/// processes, with a kill before each step, and the news of a death arriving at each waiter at any later time. One step is one
/// store to shared memory or one system call; the lock around them is taken for granted (<see cref="RobustLockModel"/>): one is
/// inside, and in place of one who has died there the next one enters and knows it.
/// </summary>
/// <param name="count">How many counts there are in the beginning.</param>
/// <param name="programs">For each process what it does: T takes a count, G gives one.</param>
/// <param name="kills">How many are killed at most.</param>
/// <param name="fault">What is wrong with it.</param>
internal sealed partial class SharedMonitorModel(int count, string[] programs, int kills, SharedMonitorFault fault)
{
    /// <summary>What a process does next. It is inside from the step after Enter to Leave.</summary>
    private enum Next
    {
        Enter,
        Repair,
        Rouse,
        Join,
        JoinVersion,
        JoinWake,
        JoinClear,
        Look,
        Removed,
        Take,
        Taken,
        Give,
        Given,
        Mark,
        Clear,
        Version,
        Leave,
        Wake,
        Park,
        Parked,
        Dead,
    }

    /// <summary>What it is inside for, or what comes after that.</summary>
    private enum Aim
    {
        Operate,
        Mark,
        Park,
    }

    /// <summary>Walks through all states.</summary>
    /// <returns>How many there are, and how the first wrong one came about; null if none is wrong.</returns>
    public (int States, string? Wrong) Explore()
    {
        var first = new State(kills, count, count, [.. programs.Select(program => new Process(program))]);
        return StateSpace.Explore(
            first,
            static state => state.Key,
            state => Enumerable.Range(0, programs.Length).SelectMany(index => Steps(state, index)),
            state => Enumerable.Range(0, programs.Length).SelectMany(index => Kills(state, index)),
            Wrong);
    }

    private string? Wrong(State state, bool isStuck)
    {
        int free = state.Base - state.Processes.Sum(process => process.Held);
        bool isRecoverable = count > 0 && state.Processes.Any(process => process.Next == Next.Dead && process.IsMember && process.Held > 0);
        return free < 0 ? "More counts are held than there are."
            : state.Inside == 0 && state.Available != free ? $"{free} counts are free and nobody is inside, but {state.Available} can be had."
            : isStuck && (free > 0 || isRecoverable) && state.Processes.Any(process => process.Next == Next.Parked) ? "A process sleeps beside a free count."
            : null;
    }

    private static IEnumerable<(string Step, State State)> Kills(State state, int index)
    {
        Process me = state.Processes[index];
        if (state.Kills > 0 && me.Next != Next.Dead && me.Program.Length > 0)
        {
            Process dead = new("") { Next = Next.Dead, IsMember = me.IsMember, Held = me.Held };
            yield return ($"{index + 1} is killed before {me.Next}", state.With(index, dead) with { Kills = state.Kills - 1 });
        }
    }

    /// <summary>What is shared, how many kills may still come, and all processes.</summary>
    private sealed record State(int Kills, int Base, int Available, ImmutableArray<Process> Processes)
    {
        /// <summary>Who is inside, or has died there; 0: nobody.</summary>
        public int Inside { get; init; }

        public int Version { get; init; }

        public bool HasWaiters { get; init; }

        public string Key => $"{Inside} {Version}{(HasWaiters ? "w" : "")} {Base} {Available} {Kills} {string.Join('|', Processes.Select(process => process.Key))}";

        public State With(int index, Process process) => this with { Processes = Processes.SetItem(index, process) };

        /// <summary>Everybody who is parked is woken.</summary>
        public State Awoken() => this with
        {
            Processes = [.. Processes.Select(process => process.Next == Next.Parked ? process with { Next = Next.Enter, Aim = Aim.Operate } : process)],
        };
    }

    /// <summary>One process. <see cref="IsMember"/> and <see cref="Held"/> are its entry in shared memory, which outlives it.</summary>
    private readonly record struct Process(string Program)
    {
        public Next Next { get; init; }

        public Aim Aim { get; init; }

        public bool IsMember { get; init; }

        public int Held { get; init; }

        public int SeenVersion { get; init; }

        public bool HasChanged { get; init; }

        public bool MustWake { get; init; }

        /// <summary>Bit by bit whose end it will be told of.</summary>
        public int Watched { get; init; }

        public bool HasPermit { get; init; }

        public string Key => $"{Program},{(int)Next},{(int)Aim},{IsMember},{Held},{SeenVersion},{HasChanged},{MustWake},{Watched},{HasPermit}";

        public bool Awaits(int process) => (Watched & (1 << process)) != 0;
    }
}
