namespace IpcDemos.Shared.Pools;

// How many workers there are: as many as asked for, fewer when they have been idle.
internal sealed partial class PoolScheduler
{
    private bool _watchesIdle;

    /// <summary>How many workers there may be.</summary>
    public int WorkerCount
    {
        get
        {
            lock (_lock)
            {
                return _workerCount;
            }
        }
    }

    public void Resize(int workerCount)
    {
        Recipients recipients;
        lock (_lock)
        {
            if (Refusal() is { } refusal)
            {
                throw refusal;
            }

            _workerCount = workerCount;
            foreach (PoolWorker worker in _workers)
            {
                if (worker.IsIdle && HasTooMany())
                {
                    worker.Retire();
                }
            }

            recipients = Dispatch();
        }

        recipients.Flush();
    }

    /// <summary>Whether there are more workers than asked for, beside those that are to end anyway.</summary>
    private bool HasTooMany()
    {
        if (_workers.Count <= _workerCount)
        {
            return false;
        }

        int staying = 0;
        foreach (PoolWorker worker in _workers)
        {
            staying += worker.IsRetiring ? 0 : 1;
        }

        return staying > _workerCount;
    }

    /// <summary>To be called whenever the worker may have become idle.</summary>
    private void WatchIdle(PoolWorker worker)
    {
        if (worker.IsIdle && options.IdleTimeout is { } timeout && !_watchesIdle)
        {
            _watchesIdle = true;
            _ = WatchIdleAsync(timeout);
        }
    }

    /// <summary>Retires workers as they have been idle for so long; ends when none is idle.</summary>
    private async Task WatchIdleAsync(TimeSpan timeout)
    {
        TimeSpan? next = timeout;
        while (next is { } delay)
        {
            await Task.Delay(delay).ConfigureAwait(false);
            next = RetireIdle(timeout);
        }
    }

    private TimeSpan? RetireIdle(TimeSpan timeout)
    {
        lock (_lock)
        {
            PoolWorker[] idle = [.. _workers.Where(worker => worker.IsIdle)];
            PoolWorker[] expired = [.. idle.Where(worker => worker.SinceLastChange >= timeout)];
            Array.ForEach(expired, static worker => worker.Retire());
            _watchesIdle = idle.Length > expired.Length;
            return _watchesIdle
                ? idle.Except(expired).Min(worker => timeout - worker.SinceLastChange) + TimeSpan.FromMilliseconds(1)
                : null;
        }
    }
}
