using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Bench.Soak;

/// <summary>Very many tasks while the workers that run them are killed again and again. What must hold is checked, not timed.</summary>
internal sealed class PoolSoak(PoolSoakOptions options, Action<string> report)
{
    private const int InFlight = 1000;
    private const int Reports = 10;

    private readonly byte[] _results = new byte[options.Tasks];
    private readonly SortedList<long, Footprint> _footprints = [];
    private long _ended;
    private long _died;
    private int _killed;

    /// <summary>Whether everything held.</summary>
    public async Task<bool> RunAsync()
    {
        WorkerProcess[] others = [.. Enumerable.Range(0, options.Load).Select(static _ => new WorkerProcess(SoakLoad.TakeAProcessor))];
        Array.ForEach(others, static other => other.Start());
        var before = Footprint.Take();
        long start = Stopwatch.GetTimestamp();
        using var retries = new RetryCounter();
        using var done = new CancellationTokenSource();
        var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = options.Workers, Retries = options.Retries });
        await using (pool)
        {
            Task killing = Task.Run(() => KillAsync(pool, done.Token));
            await Parallel.ForEachAsync(
                Enumerable.Range(0, options.Tasks),
                new ParallelOptions { MaxDegreeOfParallelism = InFlight },
                async (number, _) => await RunOneAsync(pool, number));
            await done.CancelAsync();
            await killing;
            await pool.CompleteAsync();
        }

        Array.ForEach(others, static other => other.Dispose());
        var after = Footprint.Take();
        int left = ProcessRegistry.List().Count(static worker => worker.ParentProcessId == Environment.ProcessId);
        int missing = _results.Count(static results => results != 1);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        report(string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Tasks} tasks, {_killed} workers killed, {elapsed.TotalSeconds:0.0} s: {_ended - _died} results, {retries.Count} retries, "
            + $"{_died} WorkerDiedException, {missing} tasks without exactly one of them, {left} processes left"));
        return IsFlat(before, after) && missing == 0 && left == 0 && _killed > 0 && (options.Retries == 0 || _died == 0);
    }

    /// <summary>
    /// Compares like with like: two moments at which as many tasks were in flight, after the first tenth and before the last; and two
    /// without a pool, of which the first knows nothing of what the runtime keeps once it has worked: its memory and threads.
    /// </summary>
    private bool IsFlat(Footprint before, Footprint after)
    {
        bool isFlat = after.Handles <= before.Handles + Footprint.SlackHandles;
        report($"Before the pool: {before}; after it: {after}.");
        if (_footprints.Count > 2)
        {
            (Footprint first, Footprint last) = (_footprints.Values[0], _footprints.Values[^2]);
            report($"With {InFlight} tasks in flight, after {_footprints.Keys[0]} tasks: {first}; after {_footprints.Keys[^2]}: {last}.");
            isFlat &= !last.HasGrownSince(first);
        }

        report(isFlat ? "It has not grown." : "It has grown.");
        return isFlat;
    }

    private async Task RunOneAsync(ProcessPool pool, int number)
    {
        try
        {
            int result = await pool.Submit(Double, number);
            _results[number] += (byte)(result == number * 2 ? 1 : 100);
        }
        catch (WorkerDiedException)
        {
            _results[number]++;
            _ = Interlocked.Increment(ref _died);
        }

        long ended = Interlocked.Increment(ref _ended);
        if (ended % Math.Max(1, options.Tasks / Reports) == 0)
        {
            var footprint = Footprint.Take();
            lock (_footprints)
            {
                _footprints.Add(ended, footprint);
            }

            report(string.Create(CultureInfo.InvariantCulture, $"{ended} ended, {_killed} killed, {footprint}"));
        }
    }

    private async Task KillAsync(ProcessPool pool, CancellationToken cancellationToken)
    {
        var seen = new HashSet<int>();
        for (int turn = 0; !cancellationToken.IsCancellationRequested; turn++)
        {
            await Task.Delay(options.KillEvery, CancellationToken.None);
            if (_killed % options.Workers == 0 && Interlocked.Read(ref _ended) < (long)options.TasksPerKill * _killed)
            {
                continue; // as many as there are have been killed in a row, and have to be earned
            }

            // For each that has got to work one that has not may be killed, too; with none ever doing so there would be nothing to see.
            IReadOnlyList<WorkerInsights> workers = pool.GetInsights().Workers;
            WorkerInsights[] working = [.. workers.Where(static worker => worker.TaskCount > 0)];
            WorkerInsights? starting = workers.FirstOrDefault(static worker => worker is { TaskCount: 0, ProcessId: > 0 });
            if (starting is not null && working.Any(worker => seen.Add(worker.ProcessId)))
            {
                Kill(starting.ProcessId);
            }
            else if (working.Length > 0)
            {
                Kill(working[turn % working.Length].ProcessId);
            }
        }
    }

    private void Kill(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill();
            _killed++;
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It was gone before.
        }
    }

    private static int Double(int number) => number * 2;
}
