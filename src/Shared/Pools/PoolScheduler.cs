namespace IpcDemos.Shared.Pools;

/// <summary>
/// Decides which worker gets which task, and what becomes of the tasks of a worker that ended. Every decision is taken under one
/// lock; nothing is sent, received, started or waited for under it.
/// </summary>
/// <remarks>
/// A task is in one of three places: among the pending ones (<see cref="PoolTask.Place"/>), with a worker
/// (<see cref="PoolTask.Worker"/>), or with neither while it is found out how its worker died. It is counted as open until it leaves
/// the last of them.
/// </remarks>
internal sealed partial class PoolScheduler(ProcessPoolOptions options)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<PoolTask> _pending = new();
    private readonly List<PoolWorker> _workers = [];
    private readonly HashSet<PoolWorker> _running = [];
    private int _workerCount = options.WorkerCount;
    private int _failedStarts;

    // Whether the last one to submit something then only waited for it.
    private bool _callersRead;

    public ProcessPoolOptions Options => options;

    /// <summary>What the items and results of chunks lie in.</summary>
    public ChunkMemory Memory { get; } = new(options.WorkerCount);

    /// <param name="task">The task.</param>
    /// <param name="isAwaitedHere">Whether this thread has nothing to do but to wait for its result.</param>
    public void Enqueue(PoolTask task, bool isAwaitedHere)
    {
        List<PoolWorker> assigned;
        PoolWorker? own = null;
        lock (_lock)
        {
            ThrowUnlessAccepting();
            _callersRead = isAwaitedHere;
            _open++;
            PoolTelemetry.TaskSubmitted();
            Watch();
            task.Place = _pending.AddLast(task);
            assigned = Dispatch();
            if (isAwaitedHere && task.Worker is { Rests: true })
            {
                own = task.Worker;
            }
        }

        Flush(assigned, except: own);
        own?.ReadUntilEnded(task);
    }

    /// <summary>Whether the worker's thread need not read before something is sent to that worker.</summary>
    public bool MayRest(PoolWorker worker)
    {
        lock (_lock)
        {
            return _callersRead && worker.TryRest();
        }
    }

    public void OnReady(PoolWorker worker, long microseconds)
    {
        List<PoolWorker> assigned;
        lock (_lock)
        {
            worker.BecomeReady(microseconds);
            _failedStarts = 0;
            assigned = Dispatch();
            OnIdle(worker);
        }

        Flush(assigned);
    }

    /// <summary>The worker's oldest task was answered. Its next one is sent before anybody looks at the answer.</summary>
    public PoolTask OnAnswer(PoolWorker worker, long microseconds, bool retires)
    {
        PoolTask task;
        List<PoolWorker> assigned;
        lock (_lock)
        {
            task = worker.Answer(microseconds);
            Record(worker, task, microseconds);
            CloseOne();
            if (retires || worker.IsRetiring || _workers.Count > _workerCount)
            {
                Retire(worker);
            }

            assigned = Dispatch();
            OnIdle(worker);
        }

        Flush(assigned);
        return task;
    }

    /// <summary>The worker's connection has ended. What it had not started goes to others, and another worker takes its place.</summary>
    public void OnGone(PoolWorker worker)
    {
        List<PoolWorker> assigned;
        lock (_lock)
        {
            _ = _workers.Remove(worker);
            (List<PoolTask> started, List<PoolTask> unstarted) = worker.Abandon();
            worker.Lost = started;
            started.ForEach(task => task.Worker = null);
            PutBack(unstarted);
            assigned = Dispatch();
        }

        Flush(assigned);
    }

    /// <summary>The worker's process has ended, so that it is known how: what it was running is run again, or fails.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="failure">Why it could not even be started; null if it was.</param>
    public void OnEnded(PoolWorker worker, Exception? failure)
    {
        List<PoolWorker> assigned;
        lock (_lock)
        {
            _ = _running.Remove(worker);
            Remember(worker);
            PoolTelemetry.WorkerEnded(worker.WasDismissed);
            if (!worker.IsReady && !worker.WasDismissed)
            {
                OnStartFailed(failure ?? (Exception?)worker.InitializerError ?? worker.Died("its initializer"));
            }

            foreach (PoolTask task in worker.Lost)
            {
                if (task.StopReason is not null)
                {
                    task.CompleteStopped();
                    CloseOne();
                }
                else if (_state < State.Stopped && task.TryRetry())
                {
                    PutBack([task]);
                }
                else
                {
                    task.Fail(worker.Died(task.Name));
                    CloseOne();
                }
            }

            assigned = Dispatch();
        }

        Flush(assigned);
    }

    private void OnStartFailed(Exception failure)
    {
        if (++_failedStarts >= options.StartAttempts && _state < State.Stopped)
        {
            _state = State.Broken;
            _broken = new BrokenProcessPoolException(_failedStarts, failure);
            FailPending(task => task.Fail(_broken));
        }
    }

    /// <summary>Tasks go in front of all others, in their order, unless they have been stopped meanwhile.</summary>
    private void PutBack(List<PoolTask> tasks)
    {
        for (int index = tasks.Count - 1; index >= 0; index--)
        {
            PoolTask task = tasks[index];
            task.Worker = null;
            if (task.StopReason is not null || _state == State.Stopped)
            {
                task.StopReason ??= new OperationCanceledException();
                task.CompleteStopped();
                CloseOne();
            }
            else if (_broken is not null)
            {
                task.Fail(_broken);
                CloseOne();
            }
            else
            {
                task.Place = _pending.AddFirst(task);
            }
        }
    }
}
