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
    private const int BatchesPerWorker = 2;
    private const int Reports = 10;

    private readonly byte[] _results = new byte[options.Tasks];
    private readonly SortedList<long, Footprint> _footprints = [];
    private long _ended;
    private long _died;
    private readonly HashSet<int> _seen = [];
    private int _killed;
    private int _killedAtWork;
    private int _missed;
    private readonly List<TimeSpan> _gaps = [];
    private long _lastKill = Stopwatch.GetTimestamp();

    /// <summary>Whether everything held.</summary>
    public async Task<bool> RunAsync()
    {
        WorkerProcess[] others = [.. Enumerable.Range(0, options.Load).Select(static _ => new WorkerProcess(SoakLoad.TakeAProcessor))];
        Array.ForEach(others, static other => other.Start());
        await using (var first = new ProcessPool(options.Workers))
        {
            _ = await first.MapAsync(Double, Enumerable.Range(0, 1000)); // what the runtime keeps open for good is open then
        }

        var before = Footprint.Take();
        long start = Stopwatch.GetTimestamp();
        using var retries = new RetryCounter();
        using var done = new CancellationTokenSource();
        await WorkerProcess.KeepSparesAsync(options.Spares);
        var pool = new ProcessPool(new ProcessPoolOptions
        {
            WorkerCount = options.Workers,
            Retries = options.Retries,
            StartAttempts = int.MaxValue, // it is we who keep workers from getting ready
        });
        await using (pool)
        {
            Task killing = Task.Run(() => KillAsync(pool, done.Token));
            await Parallel.ForEachAsync(
                Enumerable.Range(0, options.Tasks).Chunk(options.Batch),
                new ParallelOptions { MaxDegreeOfParallelism = Math.Max(BatchesPerWorker * options.Workers, InFlight / options.Batch) },
                async (numbers, _) => await RunAsync(pool, numbers));
            await done.CancelAsync();
            await killing;
            await pool.CompleteAsync();
        }

        await WorkerProcess.KeepSparesAsync(0);
        Array.ForEach(others, static other => other.Dispose());
        var after = Footprint.Take();
        int left = ProcessRegistry.List().Count(static worker => worker.ParentProcessId == Environment.ProcessId);
        int missing = _results.Count(static results => results != 1);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        report(string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Tasks} tasks, {_killed} workers killed, {_killedAtWork} of them at work, {elapsed.TotalSeconds:0.0} s, "
            + $"half of them within {_gaps.Order().ElementAtOrDefault(_gaps.Count / 2).TotalMilliseconds:0.0} ms of the one before, "
            + $"{_missed} times none was there to be killed: {_ended - _died} results, {retries.Count} retries, "
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
            report($"With as many tasks in flight, after {_footprints.Keys[0]} tasks: {first}; after {_footprints.Keys[^2]}: {last}.");
            isFlat &= !last.HasGrownSince(first);
        }

        report(isFlat ? "It has not grown." : "It has grown.");
        return isFlat;
    }

    /// <summary>Each number is a task: one that is submitted, or an item of a map whose items go to a worker together.</summary>
    private async Task RunAsync(ProcessPool pool, int[] numbers)
    {
        try
        {
            int[] results = numbers is [var number]
                ? [await pool.Submit(Double, number)]
                : await pool.MapAsync(Double, numbers, new PoolMapOptions { ChunkSize = numbers.Length });
            for (int index = 0; index < numbers.Length; index++)
            {
                bool isRight = index < results.Length && results[index] == numbers[index] * 2;
                _results[numbers[index]] += (byte)(isRight ? 1 : 100);
            }
        }
        catch (WorkerDiedException)
        {
            Array.ForEach(numbers, number => _results[number]++);
            _ = Interlocked.Add(ref _died, numbers.Length);
        }

        Count(numbers.Length);
    }

    private void Count(int tasks)
    {
        long ended = Interlocked.Add(ref _ended, tasks);
        int step = Math.Max(1, options.Tasks / Reports);
        if (ended / step > (ended - tasks) / step)
        {
            var footprint = Footprint.Take();
            lock (_footprints)
            {
                _footprints.Add(ended, footprint);
            }

            report(string.Create(CultureInfo.InvariantCulture, $"{ended} ended, {_killed} killed, {_killedAtWork} of them at work, {footprint}"));
        }
    }

    private async Task KillAsync(ProcessPool pool, CancellationToken cancellationToken)
    {
        // The beat is kept by the clock: what a turn takes, such as on a machine that is busy, is not added to the time between two.
        using var beat = new PeriodicTimer(options.KillEvery);
        while (await beat.WaitForNextTickAsync(CancellationToken.None) && !cancellationToken.IsCancellationRequested)
        {
            if (_killed % options.Workers == 0 && Interlocked.Read(ref _ended) < (long)options.TasksPerKill * _killed)
            {
                continue; // as many as there are have been killed in a row, and have to be earned
            }

            WorkerInsights[] living = [.. pool.GetInsights().Workers.Where(static worker => worker.ProcessId > 0)];
            if (Choose(living) is { } victim)
            {
                Kill(victim);
            }
            else
            {
                _missed++; // none is there: a pool lets some time pass between starts that fail
            }
        }
    }

    private WorkerInsights? Choose(WorkerInsights[] living)
    {
        WorkerInsights[] working = [.. living.Where(static worker => worker.TaskCount > 0)];
        WorkerInsights? starting = living.FirstOrDefault(static worker => worker.TaskCount == 0);

        // For each that has got to work one that has not is killed, too; with none ever getting to work there would be nothing to see.
        return starting is not null && working.Any(worker => _seen.Add(worker.ProcessId)) ? starting
            : working.Length > 0 ? working[Random.Shared.Next(working.Length)]
            : null;
    }

    private void Kill(WorkerInsights worker)
    {
        try
        {
            using var process = Process.GetProcessById(worker.ProcessId);
            process.Kill();
            _killed++;
            _killedAtWork += worker.IsReady ? 1 : 0;
            long now = Stopwatch.GetTimestamp();
            _gaps.Add(Stopwatch.GetElapsedTime(_lastKill, now));
            _lastKill = now;
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It was gone before.
        }
    }

    private static int Double(int number) => number * 2;
}
