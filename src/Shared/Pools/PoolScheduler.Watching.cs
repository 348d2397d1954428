using IpcDemos.Shared.Diagnostics;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Pools;

// What is looked at from time to time while there is work: how much memory workers take, and which tasks take long.
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

                busy = [.. _workers.Where(worker => worker.IsReady && worker.Tasks.Count > 0)];
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

    private void Diagnose(PoolWorker worker)
    {
        PoolTask task;
        TimeSpan running;
        lock (_lock)
        {
            running = worker.SinceLastChange;
            if (worker.Oldest is not { } oldest || oldest.Reports == 2
                || options.ReportAfter is not { } after || running < after * (oldest.Reports == 0 ? 1 : SecondReport))
            {
                return;
            }

            task = oldest;
            task.Reports++;
        }

        TimeSpan used = ProcessMeter.ProcessorTime(worker.ProcessId);
        string arguments = ArgumentText.Of(task.Arguments);
        PoolInsights? pool = task.Reports == 2 ? GetInsights() : null;
        var diagnosis = new PoolDiagnosis(task.Name, arguments, worker.Name, worker.ProcessId, running, used, pool);
        ProcessLog.TakesLong(diagnosis);
        options.Diagnostics?.Report(diagnosis);
    }
}
