namespace IpcDemos.Shared.Pools;

// Which worker gets which task.
internal sealed partial class PoolScheduler
{
    /// <summary>Assigns what can be assigned and starts workers for the rest. Returns those that now have something to be sent.</summary>
    private List<PoolWorker> Dispatch()
    {
        List<PoolWorker> assigned = [];
        AssignPending(assigned);
        if (_pending.Count == 0 && _workers.Exists(worker => worker.IsIdle) && Crowded() is { } crowded)
        {
            PutBack(crowded.TakeBack());
            AssignPending(assigned);
        }

        int waiting = _pending.Count + _workers.Sum(worker => Math.Max(0, worker.Tasks.Count - 1));
        int starting = _workers.Count(worker => !worker.IsReady);
        for (; _workers.Count < _workerCount && starting < waiting; starting++)
        {
            var worker = new PoolWorker(this, options);
            _workers.Add(worker);
            _ = _running.Add(worker);
            PoolTelemetry.WorkerStarted();
        }

        return assigned;
    }

    private void AssignPending(List<PoolWorker> assigned)
    {
        while (_pending.First is { Value: var task } && Choose(task) is { } worker)
        {
            _pending.RemoveFirst();
            task.Place = null;
            worker.Assign(task, options.TasksPerWorker);
            assigned.Add(worker);
            if (task.Timeout is { } timeout)
            {
                task.StartTimer(timeout, () => OnTimeout(task, worker, timeout));
            }
        }
    }

    /// <summary>
    /// An idle worker; else the least busy one that tasks may be sent ahead to. Not so a task with a limit of time, which begins
    /// when it is sent.
    /// </summary>
    private PoolWorker? Choose(PoolTask task)
    {
        int share = 1 + (_pending.Count / (2 * _workerCount));
        PoolWorker? best = null;
        foreach (PoolWorker worker in _workers)
        {
            if (worker.IsIdle)
            {
                return worker;
            }

            if (task.Timeout is null && worker.Tasks.Count < (best?.Tasks.Count ?? int.MaxValue) && worker.CanTakeAhead(task, share))
            {
                best = worker;
            }
        }

        return best;
    }

    /// <summary>The worker with most tasks, if it has some that it is not running: the running one might never end without them.</summary>
    private PoolWorker? Crowded() => _workers.MaxBy(worker => worker.Tasks.Count) is { Tasks.Count: > 1 } crowded ? crowded : null;

    private static void Flush(List<PoolWorker> assigned, PoolWorker? except = null)
    {
        foreach (PoolWorker worker in assigned)
        {
            worker.Flush();
            if (worker != except)
            {
                worker.WakeReader();
            }
        }
    }
}
