using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Pools;

/// <summary>A call on its way through the pool, serialized when it was submitted. Guarded by the scheduler's lock.</summary>
internal abstract class PoolTask(PoolCall call, TimeSpan? timeout, int retries) : IDisposable
{
    private int _retries = retries;
    private Timer? _timer;

    /// <summary>What people know it by.</summary>
    public string Name => call.Name;

    /// <summary>For those who ask what was slow.</summary>
    public object?[] Arguments => call.Arguments;

    /// <summary>How often it was told of for taking long, with the worker that it is at.</summary>
    public int Reports { get; set; }

    /// <summary>What the worker is sent.</summary>
    public byte[] Message => call.Message;

    /// <summary>Whether it takes a token, so that it can be asked to end.</summary>
    public bool IsCooperative => call.IsCooperative;

    /// <summary>How long it may run.</summary>
    public TimeSpan? Timeout => timeout;

    /// <summary>The worker it was sent to.</summary>
    public PoolWorker? Worker { get; set; }

    /// <summary>Its place among the tasks that wait for a worker; null when it does not.</summary>
    public LinkedListNode<PoolTask>? Place { get; set; }

    /// <summary>Why it is being stopped; null if it is not.</summary>
    public Exception? StopReason { get; set; }

    /// <summary>
    /// Whether it was stopped while it ran. A reason alone does not tell: that may have come when it had answered, and nobody had taken
    /// the answer yet.
    /// </summary>
    public bool WasStopped { get; set; }

    /// <summary>Whether its result is not wanted any more, so that it is not to start.</summary>
    public bool IsWithdrawn { get; set; }

    /// <summary>What stops it when its submitter's token is cancelled.</summary>
    public CancellationTokenRegistration Cancellation { get; set; }

    /// <summary>What ends it, if it has not started, when its results are not wanted any more.</summary>
    public CancellationTokenRegistration Withdrawal { get; set; }

    public abstract bool IsCompleted { get; }

    /// <summary>What it fails with whatever it answers, since it was out of time before; null if it was not.</summary>
    protected TimeoutException? Lateness => WasStopped ? StopReason as TimeoutException : null;

    /// <summary>
    /// Whether it may run once more after its worker died; counts down.
    /// </summary>
    public bool TryRetry()
    {
        bool runsAgain = !call.RunsOnce && _retries-- > 0;
        if (runsAgain)
        {
            Reports = 0;
            PoolTelemetry.TaskRunsAgain();
        }

        return runsAgain;
    }

    /// <summary>From now on the timer calls, once; it replaces the one before.</summary>
    public void StartTimer(TimeSpan after, Action onElapsed)
    {
        _timer?.Dispose();
        _timer = new Timer(_ => onElapsed(), null, after, System.Threading.Timeout.InfiniteTimeSpan);
    }

    /// <summary>It was never taken on; whoever submits it is told why.</summary>
    public void Refuse(Exception error)
    {
        PoolTelemetry.End(call.Activity, "refused", error.Message);
        Release();
    }

    /// <summary>Takes the worker's answer.</summary>
    public abstract void Complete(PoolReply reply, ref MessagePackReader payload, PoolWorker worker);

    public abstract void Fail(Exception error);

    public abstract void Cancel(CancellationToken cancellationToken = default);

    /// <summary>Ends it as what stopped it says.</summary>
    public void CompleteStopped()
    {
        if (StopReason is OperationCanceledException cancelled)
        {
            Cancel(cancelled.CancellationToken);
        }
        else
        {
            Fail(StopReason!);
        }
    }

    public void Dispose()
    {
        // Not Dispose, which waits for the callback, which waits for the lock that may be ours.
        _ = Cancellation.Unregister();
        _ = Withdrawal.Unregister();
        _timer?.Dispose();
    }

    /// <summary>It has ended so.</summary>
    protected void End(string outcome, Exception? error = null)
    {
        PoolTelemetry.TaskEnded(call.Activity, outcome, error?.Message);
        Release();
    }

    /// <summary>Nothing is to happen to it any more, and nobody will take what it was to hand over.</summary>
    private void Release()
    {
        Dispose();
        if (call.PassedOn.Count > 0)
        {
            HandleTransfer.Revoke(call.PassedOn);
        }
    }
}

/// <inheritdoc cref="PoolTask"/>
internal sealed class PoolTask<TResult>(PoolCall call, TimeSpan? timeout, int retries) : PoolTask(call, timeout, retries)
{
    // Continuations must not run on the worker's thread, which would keep the worker waiting, nor under the scheduler's lock.
    private readonly TaskCompletionSource<TResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResult> Result => _result.Task;

    public override bool IsCompleted => _result.Task.IsCompleted;

    public override void Complete(PoolReply reply, ref MessagePackReader payload, PoolWorker worker)
    {
        try
        {
            switch (reply)
            {
                case PoolReply.Result:
                    Return(MessageSerializer.Read<TResult>(ref payload, MessageOrigin.OwnProcess));
                    break;
                case PoolReply.NoResult:
                    Return(default!);
                    break;
                case PoolReply.Cancelled:
                    CompleteStopped();
                    break;
                default:
                    RemoteError error = MessageSerializer.Read<RemoteError>(ref payload, MessageOrigin.OwnProcess);
                    FailAnswering(new RemoteException(worker.Name, worker.ProcessId, error));
                    break;
            }
        }
        catch (Exception error)
        {
            FailAnswering(error); // a result that cannot be read is this task's failure, not the worker's or the pool's
        }
    }

    public override void Fail(Exception error)
    {
        End(error is WorkerDiedException ? "died" : error is TimeoutException ? "timed_out" : "failed", error);
        _ = _result.TrySetException(error);
    }

    public override void Cancel(CancellationToken cancellationToken = default)
    {
        End("cancelled");
        _ = _result.TrySetCanceled(cancellationToken);
    }

    private void Return(TResult result)
    {
        if (Lateness is { } late)
        {
            (result as IDisposable)?.Dispose(); // what it stands for is open, and nobody will have it
            Fail(late);
            return;
        }

        End("completed");
        _ = _result.TrySetResult(result);
    }

    private void FailAnswering(Exception error) =>
        Fail(Lateness is { } late ? new TimeoutException(late.Message, error) : error);
}
