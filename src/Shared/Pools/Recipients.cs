namespace IpcDemos.Shared.Pools;

/// <summary>The workers that were assigned something, to be sent it once the scheduler's lock is left. Nearly always none or one.</summary>
internal struct Recipients
{
    private PoolWorker? _first;
    private List<PoolWorker>? _others;

    public void Add(PoolWorker worker)
    {
        if (_first is null || _first == worker)
        {
            _first = worker;
        }
        else if (_others is null || !_others.Contains(worker))
        {
            (_others ??= []).Add(worker);
        }
    }

    /// <summary>Sends what they were assigned, and has it seen to that their answers are read.</summary>
    /// <param name="readHere">The one whose answer the caller reads; null if none.</param>
    public readonly void Flush(PoolWorker? readHere = null)
    {
        if (_first is not null)
        {
            Flush(_first, readHere);
        }

        if (_others is not null)
        {
            foreach (PoolWorker worker in _others)
            {
                Flush(worker, readHere);
            }
        }
    }

    private static void Flush(PoolWorker worker, PoolWorker? readHere)
    {
        worker.Flush();
        if (worker != readHere)
        {
            worker.WakeReader();
        }
    }
}
