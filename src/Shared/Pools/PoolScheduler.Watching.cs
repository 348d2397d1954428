using IpcDemos.Shared.Diagnostics;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Pools;

// What is looked at from time to time while there is work: how much memory workers take, and which tasks, or starts, take long.
internal sealed partial class PoolScheduler
{
    /// <summary>How many times as long as before the first time a task must run until it is told of once more.</summary>
    private const int SecondReport = 4;

    private static readonly TimeSpan s_watchInterval = TimeSpan.FromMilliseconds(100);

    private bool _isWatching;

    /// <summary>To be called under the lock when there is a new task.</summary>
    private void Watch()
    {
        if (!_isWatching)
        {
            _isWatching = true;
            _ = WatchAsync();
        }
    }

    private async Task WatchAsync()
    {
        while (true)
        {
            await Task.Delay(s_watchInterval).ConfigureAwait(false);
            PoolWorker[] busy;
            lock (_lock)
            {
                if (_open == 0)
                {
                    _isWatching = false; // the next task begins it anew: an idle pool uses no processor
                    return;
                }

                busy = [.. _workers.Where(worker => !worker.IsReady || worker.TaskCount > 0)];
            }

            foreach (PoolWorker worker in busy)
            {
                try
                {
                    worker.SamplePeakMemory();
                    Diagnose(worker);
                }
                catch (Exception error)
                {
                    ProcessLog.ListenerFailed(error); // theirs is no task that could fail with it, and the others are looked at still
                }
            }
        }
    }

    /// <summary>Tells of a worker that has been at its task, or at its start, for long.</summary>
    private void Diagnose(PoolWorker worker)
    {
        PoolTask? task;
        bool isStarting;
        int report;
        TimeSpan running;
        lock (_lock)
        {
            isStarting = !worker.IsReady;
            task = isStarting ? _pending.First?.Value : worker.Oldest;
            if (options.ReportAfter is not { } after || (task is null && !isStarting))
            {
                return;
            }

            report = 1 + (isStarting ? worker.Reports : task!.Reports);
            running = worker.SinceLastChange;
            if (report > 2 || running < after * (report == 1 ? 1 : SecondReport))
            {
                return;
            }

            if (isStarting)
            {
                worker.Reports = report;
            }
            else
            {
                task!.Reports = report;
            }
        }

        var diagnosis = new PoolDiagnosis(
            task?.Name ?? "",
            ArgumentText.Of(task?.Arguments ?? []),
            worker.Name,
            worker.ProcessId,
            running,
            ProcessMeter.ProcessorTime(worker.ProcessId),
            report == 2 ? GetInsights() : null)
        {
            IsStarting = isStarting,
        };
        ProcessLog.TakesLong(diagnosis);
        options.Diagnostics?.Report(diagnosis);
    }
}
