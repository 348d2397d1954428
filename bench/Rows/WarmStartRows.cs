using System.Diagnostics;
using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Bench.Rows;

/// <summary>Starting with processes that wait already. Until those are ready is not counted.</summary>
internal static class WarmStartRows
{
    private const string StartScript = "start_rows.py";
    private const string PoolScript = "pool_rows.py";
    private const int Runs = 10;

    private static int s_count;

    public static IEnumerable<BenchmarkRow> All(PythonInterpreter python) =>
    [
        new(
            "start/empty-call-warm",
            "start a process that waits already, run an empty call in it, join it",
            Unit.Milliseconds,
            Contender.Ours(() => WithSpares(1, () => Timing.MedianOf(Runs, PrepareOne, StartAndJoin)) * 1e3),
            python.Contender("CPython fork", StartScript, "fork", Runs),
            python.Contender("CPython forkserver", StartScript, "forkserver", Runs)),
        new(
            "start/first-result-warm",
            "start a process that waits already, until its result is there",
            Unit.Milliseconds,
            Contender.Ours(() => WithSpares(1, FirstResult) * 1e3),
            python.Contender("CPython fork", StartScript, "fork_result", Runs)),
        new(
            "start/pool-first-result",
            "create a pool of two, until its first result",
            Unit.Milliseconds,
            Contender.Ours(() => PoolFirstResult() * 1e3),
            python.Contender("CPython fork", PoolScript, "first_result", Runs)),
        new(
            "start/pool-first-result-warm",
            "create a pool of two with processes that wait already, until its first result",
            Unit.Milliseconds,
            Contender.Ours(() => WithSpares(2, PoolFirstResult) * 1e3),
            python.Contender("CPython fork", PoolScript, "first_result", Runs)),
    ];

    private static double WithSpares(int count, Func<double> measure)
    {
        s_count = count;
        try
        {
            return measure();
        }
        finally
        {
            s_count = 0;
            WorkerProcess.KeepSparesAsync(0).Wait();
        }
    }

    private static void PrepareOne() => WorkerProcess.KeepSparesAsync(s_count).Wait();

    private static void StartAndJoin()
    {
        using var worker = new WorkerProcess(Nothing);
        worker.Start();
        worker.Join();
    }

    private static double FirstResult() => MedianOf(() =>
    {
        var (here, there) = Pipe.Create();
        var worker = WorkerProcess.Create(Answer, there);
        worker.Start();
        _ = here.Receive<int>();
        return worker;
    });

    private static double PoolFirstResult() => MedianOf(static () =>
    {
        var pool = new ProcessPool(2);
        _ = pool.Invoke(Double, 21);
        return pool;
    });

    /// <summary>The median of the time to come to something, which is then disposed of uncounted.</summary>
    private static double MedianOf(Func<IDisposable> work)
    {
        var times = new double[Runs];
        for (int run = -1; run < Runs; run++)
        {
            PrepareOne();
            long start = Stopwatch.GetTimestamp();
            using IDisposable made = work();
            times[Math.Max(run, 0)] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        return Summary.Of(times).Median;
    }

    private static void Nothing()
    {
    }

    private static void Answer(Connection connection) => connection.Send(42);

    private static int Double(int number) => number * 2;
}
