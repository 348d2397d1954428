using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Bench.Rows;

/// <summary>Locks, locked values, and one process waking the other.</summary>
internal static class SynchronizationRows
{
    private const string Script = "synchronization_rows.py";
    private const int Uncontended = 2_000_000;
    private const int Contended = 200_000;
    private const int HandOvers = 20_000;

    public static IEnumerable<BenchmarkRow> All(PythonInterpreter python) =>
    [
        new(
            "lock/uncontended",
            "enter and leave a lock that nobody else wants",
            Unit.Nanoseconds,
            Contender.Ours(LockAlone),
            python.Contender("CPython with lock:", Script, "lock", Uncontended),
            Contender.DotNet("Mutex with a name", MutexAlone),
            Contender.Limit("Lock, within a process", ThreadLockAlone)),
        new(
            "lock/two-processes",
            "enter and leave a lock that another process enters and leaves all the time; both sides' work",
            Unit.Nanoseconds,
            Contender.Ours(() => Both(new ProcessLock(), EnterAndLeave, Contended)),
            python.Contender("CPython with lock:", Script, "lock_two", Contended / 10),
            Contender.DotNet("Mutex with a name", MutexContended)),
        new(
            "lock/after-death",
            "from the kill of the holder until one that was blocked has the lock",
            Unit.Milliseconds,
            Contender.Ours(() => LockAfterDeath.Of(() => new ProcessLock(), Acquire, Acquire)),
            Contender.Limit("Process.WaitForExit, without a lock", LockAfterDeath.OfProcessAlone)),
        AfterDeath("lock/after-death-async", "awaited it", () => new ProcessLock(), Acquire, static mutex => mutex.AcquireAsync().AsTask().Wait()),
        AfterDeath("lock/after-death-late", "came only then", () => new ProcessLock(), Acquire, Acquire, isLate: true),
        AfterDeath(
            "recursive-lock/after-death",
            "was blocked",
            () => new ProcessRecursiveLock(),
            static mutex => mutex.Acquire(),
            static mutex => mutex.Acquire()),
        AfterDeath(
            "semaphore/after-death",
            "was blocked",
            () => new ProcessSemaphore(1, 1),
            static slots => slots.Acquire(),
            static slots => slots.Acquire()),
        new(
            "value/increment",
            "increment a shared value under its lock",
            Unit.Nanoseconds,
            Contender.Ours(IncrementAlone),
            python.Contender("CPython with value.get_lock():", Script, "increment", Uncontended / 4),
            Contender.Limit("SharedValue.Increment, one instruction", AddAlone)),
        new(
            "value/increment-two-processes",
            "the same while another process does it, too",
            Unit.Nanoseconds,
            Contender.Ours(() => Both(new SharedValue<long>(), Increment, Contended)),
            python.Contender("CPython with value.get_lock():", Script, "increment_two", Contended / 10)),
        HandOver("semaphore", python, () => HandOverOf(
            (new ProcessSemaphore(0), new ProcessSemaphore(0)),
            static (pair, count) => Repeat(count, () => { pair.Item1.Release(); _ = pair.Item2.Acquire(); }),
            static (pair, count) => Repeat(count, () => { _ = pair.Item1.Acquire(); pair.Item2.Release(); }))),
        HandOver("event", python, () => HandOverOf(
            (new ProcessEvent(), new ProcessEvent()),
            static (pair, count) => Repeat(count, () => { pair.Item1.Set(); _ = pair.Item2.Wait(); pair.Item2.Reset(); }),
            static (pair, count) => Repeat(count, () => { _ = pair.Item1.Wait(); pair.Item1.Reset(); pair.Item2.Set(); }))),
        HandOver("condition", python, () => HandOverOf(
            (new ProcessCondition(), new SharedValue<int>()),
            static (pair, count) => TakeTurns(pair.Item1, pair.Item2, count, mine: 0),
            static (pair, count) => TakeTurns(pair.Item1, pair.Item2, count, mine: 1))),
        HandOver("barrier", python, () => HandOverOf(
            (new ProcessBarrier(2), 0),
            static (pair, count) => Repeat(count, () => _ = pair.Item1.Wait()),
            static (pair, count) => Repeat(count, () => _ = pair.Item1.Wait()))),
    ];

    private static BenchmarkRow HandOver(string name, PythonInterpreter python, Func<double> ours) => new(
        name + "/hand-over",
        "one process wakes the other and waits to be woken by it: there and back",
        Unit.Microseconds,
        Contender.Ours(ours),
        [
            python.Contender("CPython", Script, name, HandOvers / 4),
            Contender.Limit("spinning on a word in shared memory", Spin),
            .. OperatingSystem.IsLinux() ? [Contender.Limit("parking on a bare futex", Park)] : Array.Empty<Contender>(),
        ]);

    private static BenchmarkRow AfterDeath<T>(
        string name, string who, Func<T> create, Action<T> hold, Action<T> acquire, bool isLate = false)
        where T : IDisposable => new(
            name,
            $"from the kill of the holder until one that {who} has it",
            Unit.Milliseconds,
            Contender.Ours(() => LockAfterDeath.Of(create, hold, acquire, isLate)));

    private static double LockAlone()
    {
        using var mutex = new ProcessLock();
        return Timing.PerIteration(1, () => EnterAndLeave(mutex, Uncontended)) / Uncontended * 1e9;
    }

    private static double MutexAlone()
    {
        string name = NamedMutex.NewName();
        return Timing.PerIteration(1, () => NamedMutex.EnterAndLeave(name, Uncontended / 20)) / (Uncontended / 20) * 1e9;
    }

    private static double MutexContended()
    {
        string name = NamedMutex.NewName();
        using var mutex = new Mutex(initiallyOwned: false, name); // lives as long as one has it open
        return TwoProcesses.SecondsPerOperation(name, NamedMutex.EnterAndLeave, NamedMutex.EnterAndLeave, Contended / 20) / 2 * 1e9;
    }

    private static double ThreadLockAlone()
    {
        var mutex = new Lock();
        return Timing.PerIteration(1, () =>
        {
            for (int turn = 0; turn < Uncontended; turn++)
            {
                using (mutex.EnterScope())
                {
                }
            }
        }) / Uncontended * 1e9;
    }

    private static double IncrementAlone()
    {
        using var value = new SharedValue<long>();
        return Timing.PerIteration(1, () => Increment(value, Uncontended)) / Uncontended * 1e9;
    }

    private static double AddAlone()
    {
        using var value = new SharedValue<long>();
        return Timing.PerIteration(1, () =>
        {
            for (int turn = 0; turn < Uncontended; turn++)
            {
                _ = value.Increment();
            }
        }) / Uncontended * 1e9;
    }

    private static double Both<T>(T shared, Action<T, int> part, int count)
        where T : IDisposable
    {
        using (shared)
        {
            return TwoProcesses.SecondsPerOperation(shared, part, part, count) / 2 * 1e9;
        }
    }

    private static double HandOverOf<T>(T shared, Action<T, int> here, Action<T, int> there) =>
        TwoProcesses.SecondsPerOperation(shared, here, there, HandOvers) * 1e6;

    private static double Spin() => WordTurns(
        static (words, count) => WordTurns(words, count, 0, 16, parks: false),
        static (words, count) => WordTurns(words, count, 16, 0, parks: false));

    private static double Park() => WordTurns(
        static (words, count) => WordTurns(words, count, 0, 16, parks: true),
        static (words, count) => WordTurns(words, count, 16, 0, parks: true));

    private static double WordTurns(Action<SharedArray<int>, int> here, Action<SharedArray<int>, int> there)
    {
        using var words = new SharedArray<int>(32);
        return HandOverOf(words, here, there);
    }

    private static void WordTurns(SharedArray<int> words, int count, int own, int other, bool parks)
    {
        // The side that begins tells first and then waits for the echo; the other one waits first.
        for (int turn = 0; turn < count; turn++)
        {
            if (own == 0)
            {
                Tell(ref words.Span[own], parks);
            }

            int target = own == 0 ? Volatile.Read(ref words.Span[own]) : Volatile.Read(ref words.Span[own]) + 1;
            while (Volatile.Read(ref words.Span[other]) is var seen && seen < target)
            {
                if (parks)
                {
                    BareFutex.Wait(ref words.Span[other], seen);
                }
                else
                {
                    Thread.SpinWait(1);
                }
            }

            if (own != 0)
            {
                Tell(ref words.Span[own], parks);
            }
        }
    }

    private static void Tell(ref int word, bool wakes)
    {
        _ = Interlocked.Increment(ref word);
        if (wakes)
        {
            BareFutex.Wake(ref word);
        }
    }

    private static void Acquire(ProcessLock mutex) => mutex.Acquire();

    private static void EnterAndLeave(ProcessLock mutex, int count)
    {
        for (int turn = 0; turn < count; turn++)
        {
            using (mutex.Hold())
            {
            }
        }
    }

    private static void Increment(SharedValue<long> value, int count)
    {
        ProcessRecursiveLock mutex = value.Lock;
        for (int turn = 0; turn < count; turn++)
        {
            using (mutex.Hold())
            {
                value.Value++;
            }
        }
    }

    private static void TakeTurns(ProcessCondition condition, SharedValue<int> turn, int count, int mine)
    {
        for (int taken = 0; taken < count; taken++)
        {
            using (condition.Hold())
            {
                _ = condition.WaitFor(() => turn.Value == mine);
                turn.Value = 1 - mine;
                condition.Notify();
            }
        }
    }

    private static void Repeat(int count, Action work)
    {
        for (int turn = 0; turn < count; turn++)
        {
            work();
        }
    }
}
