using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Pools;

namespace IpcDemos.Bench.Rows;

/// <summary>A pool of two workers: many items as chunks, one call, many tasks, and work that only takes a processor.</summary>
internal static class PoolRows
{
    private const string Script = "pool_rows.py";
    private const int Calls = 2_000;
    private const int Tasks = 10_000;
    private const int Burns = 40;
    private const int BurnRounds = 10_000_000;
    private const int Runs = 5;

    private static readonly PoolMapOptions s_oneByOne = new() { ChunkSize = 1 };
    private static readonly int[] s_items = [.. Enumerable.Range(0, 1_000_000)];

    public static IEnumerable<BenchmarkRow> All(PythonInterpreter python) =>
    [
        new(
            "pool/map-1M",
            "double a million ints, chunks as they come",
            Unit.Milliseconds,
            Contender.Ours(() => InPool(2, pool => MedianOf(() => pool.Map(Double, s_items)) * 1e3)),
            python.Contender("CPython Pool.map", Script, "pool_map"),
            python.Contender("CPython ProcessPoolExecutor.map", Script, "executor_map")),
        new(
            "pool/call",
            "one call and its result",
            Unit.Microseconds,
            Contender.Ours(() => InPool(2, pool => Timing.PerIteration(Calls, () => pool.Invoke(Double, 21)) * 1e6)),
            python.Contender("CPython Pool.apply", Script, "pool_call", Calls),
            python.Contender("CPython ProcessPoolExecutor.submit", Script, "executor_call", Calls)),
        new(
            "pool/task-per-item",
            "10 000 calls, each submitted as a task, all awaited",
            Unit.OperationsPerSecond,
            Contender.Ours(() => InPool(2, pool => Tasks / MedianOf(() => SubmitAll(pool)))),
            python.Contender("CPython Pool.apply_async", Script, "pool_tasks", Tasks),
            python.Contender("CPython ProcessPoolExecutor.submit", Script, "executor_tasks", Tasks)),
        new(
            "pool/map-one-by-one",
            "10 000 items mapped in chunks of one",
            Unit.OperationsPerSecond,
            Contender.Ours(() => InPool(2, pool => Tasks / MedianOf(() => pool.Map(Double, s_items[..Tasks], s_oneByOne)))),
            python.Contender("CPython Pool.map", Script, "pool_items", Tasks),
            python.Contender("CPython ProcessPoolExecutor.map", Script, "executor_items", Tasks)),
        new(
            "pool/scaling",
            "40 tasks that only take a processor, two workers",
            Unit.Milliseconds,
            Contender.Ours(() => BurnWith(workers: 2)),
            Contender.Limit("the time of one worker, halved", () => BurnWith(workers: 1) / 2)),
    ];

    private static double BurnWith(int workers) =>
        InPool(workers, pool => MedianOf(() => pool.Map(Burn, Enumerable.Repeat(BurnRounds, Burns), s_oneByOne)) * 1e3);

    private static double InPool(int workers, Func<ProcessPool, double> measure)
    {
        using var pool = new ProcessPool(workers);
        return measure(pool);
    }

    /// <summary>The median of some runs after so many that both sides are compiled for speed.</summary>
    private static double MedianOf(Action work)
    {
        _ = Timing.PerIteration(1, work);
        return Timing.MedianOf(Runs, work);
    }

    private static void SubmitAll(ProcessPool pool)
    {
        var tasks = new Task<int>[Tasks];
        for (int number = 0; number < tasks.Length; number++)
        {
            tasks[number] = pool.Submit(Double, number);
        }

        Task.WaitAll(tasks);
    }

    private static int Double(int number) => number * 2;

    private static int Burn(int rounds)
    {
        int value = 1;
        for (int round = 0; round < rounds; round++)
        {
            value = ((value * 1103515245) + 12345) & 0x7fffffff;
        }

        return value;
    }
}
