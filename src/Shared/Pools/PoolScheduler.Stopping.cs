using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Pools;

// How single tasks and the whole pool come to their end.
internal sealed partial class PoolScheduler
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private State _state;
    private BrokenProcessPoolException? _broken;
    private int _open;

    private enum State
    {
        Running,
        Completing,
        Stopped,
        Broken,
    }

    /// <summary>
    /// Ends a task wherever it is: at once if it has not started; else it is asked, if it can be, and then its worker killed.
    /// </summary>
    public void Stop(PoolTask task, Exception reason)
    {
        List<PoolWorker> assigned;
        lock (_lock)
        {
            if (task.IsCompleted || task.StopReason is not null)
            {
                return;
            }

            task.StopReason = reason;
            if (task.Place is { } place)
            {
                _pending.Remove(place);
                task.Place = null;
                task.CompleteStopped();
                CloseOne();
            }
            else if (task.Worker is { } worker)
            {
                PutBack(worker.TakeBack());
                if (task.Worker is not null)
                {
                    StopRunning(task, worker);
                }
            }

            assigned = Dispatch();
        }

        Flush(assigned);
    }

    /// <summary>Ends a task that has not started; one that has runs to its end.</summary>
    public void Withdraw(PoolTask task)
    {
        lock (_lock)
        {
            if (task.Place is { } place)
            {
                _pending.Remove(place);
                task.Place = null;
                task.Cancel();
                CloseOne();
            }
        }
    }

    /// <summary>No more tasks are taken; completes when all have ended and no worker is left.</summary>
    public async Task CompleteAsync()
    {
        lock (_lock)
        {
            _state = _state == State.Running ? State.Completing : _state;
            SignalIfDrained();
        }

        await _drained.Task.ConfigureAwait(false);
        await Task.WhenAll(DismissAll()).ConfigureAwait(false);
    }

    /// <summary>No more tasks are taken; those that have not started are cancelled, and those that run are stopped.</summary>
    public async Task StopAsync()
    {
        lock (_lock)
        {
            _state = State.Stopped;
            FailPending(task => task.Cancel());
            foreach (PoolWorker worker in _workers)
            {
                PutBack(worker.TakeBack());
                foreach (PoolTask task in worker.Tasks)
                {
                    task.StopReason ??= new OperationCanceledException();
                    StopRunning(task, worker);
                }
            }

            SignalIfDrained();
        }

        Task ended = Task.WhenAll(DismissAll());
        await Task.WhenAny(ended, Task.Delay(options.CancellationGrace + WorkerProcess.Grace)).ConfigureAwait(false);
        lock (_lock)
        {
            foreach (PoolWorker worker in _running)
            {
                worker.Kill();
            }
        }

        await ended.ConfigureAwait(false);
    }

    private Task[] DismissAll()
    {
        lock (_lock)
        {
            foreach (PoolWorker worker in _workers.ToArray())
            {
                Retire(worker);
            }

            return [.. _running.Select(worker => worker.Ended)];
        }
    }

    private static void Retire(PoolWorker worker)
    {
        worker.WasDismissed = true;
        worker.Retire();
    }

    private void StopRunning(PoolTask task, PoolWorker worker)
    {
        if (!task.IsCooperative)
        {
            worker.Kill();
            return;
        }

        worker.RequestCancellation();
        task.StartTimer(options.CancellationGrace, () => KillIfStillAt(task, worker));
    }

    private void KillIfStillAt(PoolTask task, PoolWorker worker)
    {
        lock (_lock)
        {
            if (task.Worker == worker)
            {
                worker.Kill();
            }
        }
    }

    private void OnTimeout(PoolTask task, PoolWorker worker, TimeSpan timeout)
    {
        if (task.Worker == worker)
        {
            Stop(task, new TimeoutException(
                $"{task.Name} did not end within {timeout}. It ran in {worker.Name} (PID {worker.ProcessId}), and was stopped."));
        }
    }

    private void FailPending(Action<PoolTask> fail)
    {
        while (_pending.First is { Value: var task })
        {
            _pending.RemoveFirst();
            task.Place = null;
            fail(task);
            CloseOne();
        }
    }

    private void CloseOne()
    {
        _open--;
        SignalIfDrained();
    }

    private void SignalIfDrained()
    {
        if (_open == 0 && _state != State.Running)
        {
            _ = _drained.TrySetResult();
        }
    }

    private void ThrowUnlessAccepting()
    {
        if (_broken is not null)
        {
            throw new BrokenProcessPoolException(_failedStarts, _broken.InnerException!);
        }

        if (_state != State.Running)
        {
            throw new ObjectDisposedException(nameof(ProcessPool), "The pool has been completed or stopped and takes no more tasks. Create another one.");
        }
    }
}
