using IpcDemos.Shared.Managers.Hosting;

namespace IpcDemos.Shared.Managers;

// Time-outs and cancellation are the server's to carry out, because only it knows what came first. One that is stopped, or cut
// off, carries out nothing: then the call ends here, some time later.
internal sealed partial class PendingCall
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(10);

    private long _deadline = long.MaxValue;
    private bool _isCancelable;
    private bool _isCancelled;
    private bool _isEndless;
    private bool _isLate; // it was ended here, and counts as awaited until its answer has come, or the connection has ended
    private LateRelease _late;
    private Timer? _timer;

    /// <summary>Whether its end may come from here, so that who waits for it must look up now and then.</summary>
    public bool MayEndHere => (_isCancelable && !_isEndless) || Volatile.Read(ref _deadline) != long.MaxValue;

    /// <summary>How long the server has still time to end the call, in milliseconds.</summary>
    public long MillisecondsLeft => Volatile.Read(ref _deadline) - Environment.TickCount64;

    /// <summary>The server was asked to end the call after this time; null: never.</summary>
    /// <param name="timeout">The time-out that stands in the request.</param>
    /// <param name="late">What to release if the call succeeds after it has been ended here.</param>
    public PendingCall Within(TimeSpan? timeout, LateRelease late = default)
    {
        _late = late;
        if (timeout is { } time && time != Timeout.InfiniteTimeSpan)
        {
            SetDeadline(time > TimeSpan.Zero ? time : TimeSpan.Zero);
        }

        return this;
    }

    /// <summary>Once ended by time or cancellation, the call is still to come by something before it is answered: the lock that it gave up.</summary>
    public PendingCall HoweverLong()
    {
        _isEndless = true;
        return this;
    }

    /// <summary>Ends the call if the server should have ended it long ago.</summary>
    public void EndIfOverdue()
    {
        if (_isDone || MillisecondsLeft > 0)
        {
            return;
        }

        if (!_isCancelled)
        {
            // Should the server read on, it must give nothing to a call that has ended: what comes is for those after it.
            client.Post("cancel", id);
        }

        string what = $"The manager at '{client.Address}' has not answered for {s_grace.TotalSeconds} s after ";
        const string hint = "It may be stopped, cut off, or busy with what does not heed that, and may yet carry the call out.";
        Exception error = _isCancelled
            ? new OperationCanceledException($"{what}the call was cancelled. {hint}")
            : new TimeoutException($"{what}the call's time-out. {hint}");
        if (TryFinish(ReplyKind.Failure, default, error, isEndedHere: true))
        {
            // Its caller leaves, and with it, as a rule, whoever reads. A server that goes on may grant the call a lock before it comes
            // to the cancellation; were that answer left unread until this process happens to make another call, nobody would hold
            // the lock, and nobody else get it.
            client.BeginAwaiting();
        }
    }

    private void Cancel()
    {
        client.Post("cancel", id);
        lock (_lock)
        {
            _isCancelled = true;
            if (_isEndless)
            {
                return;
            }

            SetDeadline(TimeSpan.Zero);
            if (_awaiter is not null && !_isDone)
            {
                StartTimer();
            }
        }
    }

    private void SetDeadline(TimeSpan timeout)
    {
        long milliseconds = (long)Math.Min(timeout.TotalMilliseconds + s_grace.TotalMilliseconds, int.MaxValue);
        Volatile.Write(ref _deadline, Math.Min(_deadline, Environment.TickCount64 + milliseconds));
    }

    /// <summary>Lets an awaited call, for which no thread waits, end by itself. Under the lock.</summary>
    private void StartTimer()
    {
        if (_deadline != long.MaxValue)
        {
            _timer?.Dispose();
            long left = Math.Max(0, _deadline - Environment.TickCount64);
            _timer = new Timer(static state => ((PendingCall)state!).OnTimer(), this, left, Timeout.Infinite);
        }
    }

    private void OnTimer()
    {
        EndIfOverdue();
        lock (_lock)
        {
            if (!_isDone)
            {
                StartTimer(); // it was early by a tick
            }
        }
    }

    /// <summary>An answer that came too late: what it refers to is not held here, and what was acquired is released.</summary>
    private void TakeBack(ReplyKind kind, ReadOnlyMemory<byte> answer)
    {
        if (_late.IsDue(kind, answer.Span))
        {
            client.Post(_late.Target, "release", _late.Argument);
        }

        foreach (ulong reference in ValueScanner.References(answer) ?? [])
        {
            client.GiveBack(reference);
        }
    }
}
