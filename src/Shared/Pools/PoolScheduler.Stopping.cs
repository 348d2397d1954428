using IpcDemos.Shared.Diagnostics;
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
        Recipients recipients;
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
                TakeBack(worker);

                // One that has answered, though nobody has read that yet, is left to its answer: the worker is at another one by now.
                if (task.Worker is not null && worker.IsAt(task))
                {
                    StopRunning(task, worker);
                }
            }

            recipients = Dispatch();
        }

        recipients.Flush();
    }

    /// <summary>Ends a task that has not started; one that has runs to its end.</summary>
    public void Withdraw(PoolTask task)
    {
        lock (_lock)
        {
            task.IsWithdrawn = true;
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
    /// <param name="cancelPending">Whether those that have not started are cancelled.</param>
    public async Task CompleteAsync(bool cancelPending)
    {
        lock (_lock)
        {
            _state = _state == State.Running ? State.Completing : _state;
            if (cancelPending)
            {
                CancelPending();
            }

            SignalIfDrained();
        }

        await _drained.Task.ConfigureAwait(false);
        await Task.WhenAll(DismissAll()).ConfigureAwait(false);
        Memory.Dispose();
    }

    /// <summary>
    /// Nobody can submit anything any more, and nobody has said that nothing would come: says that, and completes. What has been
    /// submitted may still be awaited.
    /// </summary>
    public void Forget()
    {
        int workers;
        int open;
        lock (_lock)
        {
            if (_state is State.Completing or State.Stopped)
            {
                return;
            }

            (workers, open) = (_running.Count, _open);
        }

        ProcessLog.PoolForgotten(workers, open);
        _ = CompleteAsync(cancelPending: false);
    }

    /// <summary>No more tasks are taken; those that have not started are cancelled, and those that run are stopped.</summary>
    public async Task StopAsync()
    {
        lock (_lock)
        {
            _state = State.Stopped;
            CancelPending();
            foreach (PoolWorker worker in _workers)
            {
                foreach (PoolTask task in worker.Tasks)
                {
                    task.StopReason ??= new OperationCanceledException();
                    if (worker.IsAt(task))
                    {
                        StopRunning(task, worker);
                    }
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
        Memory.Dispose();
    }

    private Task[] DismissAll()
    {
        lock (_lock)
        {
            _workers.ForEach(static worker => worker.Retire());

            return [.. _running.Select(worker => worker.Ended)];
        }
    }

    private void StopRunning(PoolTask task, PoolWorker worker)
    {
        task.WasStopped = true;
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

    /// <summary>Cancels what has not started, whether it has been sent to a worker or not.</summary>
    private void CancelPending()
    {
        foreach (PoolWorker worker in _workers)
        {
            if (worker.TaskCount > 0)
            {
                TakeBack(worker);
            }
        }

        FailPending(static task => task.Cancel());
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

    /// <summary>Why no more tasks are taken; null if they are.</summary>
    private Exception? Refusal()
    {
        if (_broken is not null)
        {
            return new BrokenProcessPoolException(_failedStarts + _killedStarts, _broken.InnerException!);
        }

        return _state == State.Running
            ? null
            : new ObjectDisposedException(nameof(ProcessPool), "The pool has been completed or stopped and takes no more tasks. Create another one.");
    }
}
