using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>What a global interpreter lock costs, and that processes do not have it in common.</summary>
internal sealed class GilScenario : IScenario
{
    private const double CourseCount = 50_000_000;

    // How far a thread counts before it lets another one have the lock: some fractions of a millisecond.
    private const long Turn = 100_000;

    public string Name => "gil";

    public string Summary => "count down on one thread, on two, on two behind one global lock, and on two processes";

    public async Task RunAsync(ScenarioContext context)
    {
        long count = Math.Max(2, (long)(CourseCount * context.Options.TimeScale));
        var globalLock = new Lock();
        (string Label, TimeSpan Time)[] measured =
        [
            ("one thread", OnThreads(context, threads: 1, count, globalLock: null)),
            ("two threads", OnThreads(context, threads: 2, count, globalLock: null)),
            ("two threads, one lock", OnThreads(context, threads: 2, count, globalLock)),
            ("two processes", await OnProcessesAsync(context, processes: 2, count)),
        ];

        double one = measured[0].Time.TotalSeconds;
        foreach ((string label, TimeSpan time) in measured)
        {
            string ratio = label == measured[0].Label
                ? ""
                : string.Create(CultureInfo.InvariantCulture, $" ({one / time.TotalSeconds:0.00}x)");
            context.Print(string.Create(CultureInfo.InvariantCulture, $"{label}: {time.TotalSeconds:0.000} s{ratio}"));
        }

        context.Chart("milliseconds", [.. measured.Select(entry => (entry.Label, entry.Time.TotalMilliseconds))]);
        context.CheckLines(context.OwnLines.Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)]), measured.Select(entry => entry.Label));
    }

    private static TimeSpan OnThreads(ScenarioContext context, int threads, long count, Lock? globalLock)
    {
        long left = count;
        Thread[] counting =
        [
            .. Enumerable.Range(0, threads).Select(_ => new Thread(() =>
                Interlocked.Add(ref left, -CountDown(count / threads, globalLock, context.CancellationToken)))),
        ];
        long started = Stopwatch.GetTimestamp();
        Array.ForEach(counting, thread => thread.Start());
        Array.ForEach(counting, thread => thread.Join());
        TimeSpan time = Stopwatch.GetElapsedTime(started);
        context.CancellationToken.ThrowIfCancellationRequested();
        context.Check(left == count % threads, $"{left} of {count} were left to count on {threads} threads.");
        return time;
    }

    // The processes are there, and have counted once, before the clock starts: what is compared is the counting, not the start.
    private static async Task<TimeSpan> OnProcessesAsync(ScenarioContext context, int processes, long count)
    {
        (Connection Here, WorkerProcess Worker)[] counting = [.. Enumerable.Range(0, processes).Select(_ => StartWorker(context))];
        _ = await CountOnceAsync(1);
        long started = Stopwatch.GetTimestamp();
        long counted = await CountOnceAsync(count / processes);
        TimeSpan time = Stopwatch.GetElapsedTime(started);

        Array.ForEach(counting, one => one.Here.Dispose());
        await context.JoinAsync(counting.Select(one => one.Worker));
        context.Check(counted == count - (count % processes), $"The processes counted {counted} of {count}.");
        return time;

        async Task<long> CountOnceAsync(long each)
        {
            foreach ((Connection here, _) in counting)
            {
                await here.SendAsync(each, context.CancellationToken);
            }

            long sum = 0;
            foreach ((Connection here, _) in counting)
            {
                sum += await here.ReceiveAsync<long>(context.CancellationToken);
            }

            return sum;
        }
    }

    private static (Connection Here, WorkerProcess Worker) StartWorker(ScenarioContext context)
    {
        (Connection here, Connection there) = Pipe.Create();
        WorkerProcess worker = context.CreateWorker(CountForCoordinator, there);
        worker.Start();
        return (here, worker);
    }

    private static void CountForCoordinator(Connection connection)
    {
        try
        {
            while (true)
            {
                connection.Send(CountDown(connection.Receive<long>(), globalLock: null, CancellationToken.None));
            }
        }
        catch (ConnectionClosedException)
        {
            // The coordinator has all it wanted.
        }
    }

    /// <returns>How far it counted.</returns>
    private static long CountDown(long count, Lock? globalLock, CancellationToken cancellationToken)
    {
        long left = count;
        while (left > 0 && !cancellationToken.IsCancellationRequested)
        {
            long turn = Math.Min(left, Turn);
            if (globalLock is null)
            {
                CountTurn(turn);
            }
            else
            {
                lock (globalLock)
                {
                    CountTurn(turn);
                }
            }

            left -= turn;
        }

        return count - left;
    }

    // The counting is the work; an optimiser may conclude that it has no effect and leave it out.
    [MethodImpl(MethodImplOptions.NoOptimization | MethodImplOptions.NoInlining)]
    private static void CountTurn(long count)
    {
        while (count > 0)
        {
            count--;
        }
    }
}
