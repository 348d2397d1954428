namespace IpcDemos.Shared.Pools;

// Which worker gets which task. Run for every task and every answer, so nothing is allocated here as long as tasks only pass through.
internal sealed partial class PoolScheduler
{
    /// <summary>Assigns what can be assigned and starts workers for the rest.</summary>
    /// <param name="recipients">Those that now have something to be sent are added.</param>
    private void Dispatch(ref Recipients recipients)
    {
        AssignPending(ref recipients);
        if (_pending.Count == 0 && CrowdedBesideIdle() is { } crowded)
        {
            TakeBack(crowded);
            AssignPending(ref recipients);
        }

        if (_workers.Count < _workerCount)
        {
            StartWorkers();
        }
    }

    private Recipients Dispatch()
    {
        var recipients = default(Recipients);
        Dispatch(ref recipients);
        return recipients;
    }

    private void AssignPending(ref Recipients recipients)
    {
        while (_pending.First is { Value: var task } && Choose(task) is { } worker)
        {
            _pending.RemoveFirst();
            task.Place = null;
            Assign(task, worker, ref recipients);
        }
    }

    private void Assign(PoolTask task, PoolWorker worker, ref Recipients recipients)
    {
        worker.Assign(task);
        recipients.Add(worker);
        if (task.Timeout is { } timeout)
        {
            StartTimer(task, worker, timeout);
        }
    }

    // Apart, so that only tasks with a limit of time pay for what this captures.
    private void StartTimer(PoolTask task, PoolWorker worker, TimeSpan timeout) =>
        task.StartTimer(timeout, () => OnTimeout(task, worker, timeout));

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

            if (task.Timeout is null && worker.TaskCount < (best?.TaskCount ?? int.MaxValue) && worker.CanTakeAhead(task, share))
            {
                best = worker;
            }
        }

        return best;
    }

    /// <summary>
    /// If a worker is idle, the one with most tasks, if it has some that it is not running: the running one might never end without
    /// them.
    /// </summary>
    private PoolWorker? CrowdedBesideIdle()
    {
        bool hasIdle = false;
        PoolWorker? crowded = null;
        foreach (PoolWorker worker in _workers)
        {
            hasIdle |= worker.IsIdle;
            if (worker.TaskCount > (crowded?.TaskCount ?? 1))
            {
                crowded = worker;
            }
        }

        return hasIdle ? crowded : null;
    }

    /// <summary>
    /// Has all that the worker has not started wait for any worker again. What that worker is left with may be nothing: then it is
    /// idle, and no answer of its will ever tell.
    /// </summary>
    private void TakeBack(PoolWorker worker)
    {
        PutBack(worker.TakeBack());
        if (worker.IsIdle && HasTooMany())
        {
            worker.Retire();
        }

        WatchIdle(worker);
    }

    private void StartWorkers()
    {
        int waiting = _pending.Count;
        int starting = 0;
        foreach (PoolWorker worker in _workers)
        {
            waiting += Math.Max(0, worker.TaskCount - 1);
            starting += worker.IsReady ? 0 : 1;
        }

        // Not in a broken pool, where tasks sent ahead to a worker that is busy for long would have others started all the time.
        for (; MayStart && _workers.Count < _workerCount && starting < waiting; starting++)
        {
            StartWorker();
        }
    }

    private void StartWorker()
    {
        try
        {
            var worker = new PoolWorker(this, options);
            _workers.Add(worker);
            _ = _running.Add(worker);
            PoolTelemetry.WorkerStarted();
        }
        catch (Exception error)
        {
            // No memory or no descriptor for what the two share. Whoever happened to cause this start has nothing to do with that.
            OnStartFailed(error, wasKilled: false);
        }
    }
}
