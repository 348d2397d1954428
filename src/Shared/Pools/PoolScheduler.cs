using IpcDemos.Shared.Processes;

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

    // Whether the last one to submit something then only waited for it.
    private volatile bool _callersRead;

    public ProcessPoolOptions Options => options;

    /// <summary>What the items and results of chunks lie in.</summary>
    public ChunkMemory Memory { get; } = new(options.WorkerCount);

    /// <summary>Takes on a task, which may have been stopped already.</summary>
    /// <param name="task">The task.</param>
    /// <param name="isAwaitedHere">Whether this thread has nothing to do but to wait for its result.</param>
    public void Enqueue(PoolTask task, bool isAwaitedHere)
    {
        var recipients = default(Recipients);
        PoolWorker? own = null;
        lock (_lock)
        {
            if (Refusal() is { } refusal)
            {
                task.Refuse(refusal);
                throw refusal;
            }

            _callersRead = isAwaitedHere;
            _open++;
            PoolTelemetry.TaskSubmitted();
            Watch();
            if (task.StopReason is not null || task.IsWithdrawn)
            {
                task.StopReason ??= new OperationCanceledException();
                task.CompleteStopped();
                CloseOne();
            }
            else if (_pending.Count == 0 && Choose(task) is { } worker)
            {
                Assign(task, worker, ref recipients);
            }
            else
            {
                task.Place = _pending.AddLast(task);
            }

            Dispatch(ref recipients);
            if (isAwaitedHere && task.Worker is { Rests: true })
            {
                own = task.Worker;
            }
        }

        recipients.Flush(readHere: own);
        own?.ReadUntilEnded(task);
    }

    /// <summary>Whether the worker's thread need not read before something is sent to that worker.</summary>
    public bool MayRest(PoolWorker worker)
    {
        // Who comes in between and would read finds a worker that does not rest, and leaves it to that one's own thread.
        if (!_callersRead)
        {
            return false;
        }

        lock (_lock)
        {
            return worker.TryRest();
        }
    }

    public void OnReady(PoolWorker worker, long microseconds)
    {
        Recipients recipients;
        lock (_lock)
        {
            worker.BecomeReady(microseconds);
            OnStarted();
            recipients = Dispatch();
            WatchIdle(worker);
        }

        recipients.Flush();
    }

    /// <summary>The worker's oldest task was answered. Its next one is sent before anybody looks at the answer.</summary>
    public PoolTask OnAnswer(PoolWorker worker, long microseconds, bool retires)
    {
        PoolTask task;
        Recipients recipients;
        lock (_lock)
        {
            task = worker.Answer(microseconds);
            Record(worker, task, microseconds);
            CloseOne();

            // At the limit of tasks only when it has answered the last: until then they may be taken back, and others sent instead.
            if (retires || (worker.IsRetiring ? worker.TaskCount == 0 : HasTooMany()))
            {
                worker.Retire();
            }

            recipients = Dispatch();
            WatchIdle(worker);
        }

        recipients.Flush();
        return task;
    }

    /// <summary>The worker's connection has ended. What it had not started goes to others, and another worker takes its place.</summary>
    public void OnGone(PoolWorker worker)
    {
        Recipients recipients;
        lock (_lock)
        {
            // One that was never ready keeps its place until it is known why, which may be a reason not to start another one at once.
            if (worker.IsReady || worker.WasDismissed)
            {
                _ = _workers.Remove(worker);
            }

            (List<PoolTask> started, List<PoolTask> unstarted) = worker.Abandon();
            worker.Lost = started;
            started.ForEach(task => task.Worker = null);
            PutBack(unstarted);
            recipients = Dispatch();
        }

        recipients.Flush();
    }

    /// <summary>The worker's process has ended, so that it is known how: what it was running is run again, or fails.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="failure">Why it could not even be started, or given its call; null if it was.</param>
    public void OnEnded(PoolWorker worker, Exception? failure)
    {
        Recipients recipients;

        // Not under the lock: an argument's own ToString may do anything, such as ask this pool.
        WorkerDiedException[] deaths = [.. worker.Lost.Select(worker.Died)];
        lock (_lock)
        {
            _ = _workers.Remove(worker);
            _ = _running.Remove(worker);
            Remember(worker);
            PoolTelemetry.WorkerEnded(worker.WasDismissed);
            if (!worker.IsReady && !worker.WasDismissed)
            {
                OnStartFailed(failure ?? (Exception?)worker.InitializerError ?? worker.DiedStarting(), failure is null && worker.WasKilled);
            }

            foreach ((PoolTask task, WorkerDiedException death) in worker.Lost.Zip(deaths))
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
                    task.Fail(death);
                    CloseOne();
                }
            }

            recipients = Dispatch();
        }

        recipients.Flush();
    }

    /// <summary>Tasks go in front of all others, in their order, unless they have been stopped meanwhile.</summary>
    private void PutBack(List<PoolTask> tasks)
    {
        for (int index = tasks.Count - 1; index >= 0; index--)
        {
            PoolTask task = tasks[index];
            task.Worker = null;
            if (task.StopReason is not null || task.IsWithdrawn || _state == State.Stopped)
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
