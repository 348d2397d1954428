using System.Diagnostics;

namespace IpcDemos.Shared.Pools;

// What the scheduler remembers for those who ask where the time goes.
internal sealed partial class PoolScheduler
{
    private const int SlowestKept = 5;
    private const int EndedKept = 32;

    // Not the tasks themselves, which have messages and results.
    private readonly List<(string Name, object?[] Arguments, string Worker, TimeSpan Time)> _slowest = [];
    private readonly Queue<WorkerInsights> _ended = new();

    public PoolInsights GetInsights()
    {
        List<(string Name, object?[] Arguments, string Worker, TimeSpan Time)> slowest;
        WorkerInsights[] workers;
        WorkerInsights[] ended;
        int pending;
        lock (_lock)
        {
            (workers, ended) = ([.. _workers.Select(Describe)], [.. _ended]);
            (slowest, pending) = ([.. _slowest], _pending.Count);
        }

        // Not under the lock: an argument's own ToString may do anything, such as ask this pool.
        return new PoolInsights(
            workers,
            ended,
            pending,
            [.. slowest.Select(slow => new SlowTask(slow.Name, ArgumentText.Of(slow.Arguments), slow.Worker, slow.Time))]);
    }

    private static WorkerInsights Describe(PoolWorker worker)
    {
        WorkerMeter meter = worker.Meter;
        TimeSpan waiting = TimeSpan.FromSeconds((double)meter.Waiting / Stopwatch.Frequency);
        return new WorkerInsights(
            worker.Name,
            worker.ProcessId,
            worker.IsReady,
            worker.Oldest?.Name,
            worker.IsReady ? worker.SinceLastChange : TimeSpan.Zero,
            meter.Answered,
            meter.StartingUp,
            meter.Initializing,
            worker.IsIdle ? waiting + worker.SinceLastChange : waiting,
            meter.Working,
            meter.Exiting,
            meter.PeakMemory,
            worker.ExitCode);
    }

    private void Record(PoolWorker worker, PoolTask task, long microseconds)
    {
        PoolTelemetry.TaskRan(microseconds);
        var time = TimeSpan.FromMicroseconds(microseconds);
        if (_slowest.Count < SlowestKept || time > _slowest[^1].Time)
        {
            _slowest.Add((task.Name, task.Arguments, worker.Name, time));
            _slowest.Sort(static (left, right) => right.Time.CompareTo(left.Time));
            _slowest.RemoveRange(Math.Min(SlowestKept, _slowest.Count), Math.Max(0, _slowest.Count - SlowestKept));
        }
    }

    private void Remember(PoolWorker worker)
    {
        worker.Meter.Exiting = worker.SinceDismissal;
        _ended.Enqueue(Describe(worker));
        if (_ended.Count > EndedKept)
        {
            _ = _ended.Dequeue();
        }
    }
}
