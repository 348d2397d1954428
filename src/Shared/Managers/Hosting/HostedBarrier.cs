using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>Lets its parties go on when all have come.</summary>
internal sealed class HostedBarrier : HostedObject
{
    private readonly int _parties;
    private readonly WaitQueue _waiters;
    private long _broken;

    public HostedBarrier(int parties)
    {
        _parties = parties;
        _waiters = new WaitQueue(Gate, GiveUp);
    }

    public override string TypeName => "barrier";

    public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call)
    {
        lock (Gate)
        {
            switch (method)
            {
                case "wait": Wait(ref call); break;
                case "parties": call.Write(_parties); break;
                case "waiting": call.Write(_waiters.Count); break;
                case "is_broken": call.Write(_broken != 0); break;
                case "abort": Break(BarrierBreak.Aborted, call.Session); break;
                case "reset": Break(BarrierBreak.Reset, call.Session); _broken = 0; break;
                default: throw NoSuchMethod(method);
            }
        }
    }

    public override IEnumerable<StoredValue> Remove()
    {
        lock (Gate)
        {
            _waiters.Clear();
        }

        return [];
    }

    public override string ToString() => $"barrier ({_waiters.Count} of {_parties} waiting{(_broken == 0 ? "" : ", broken")})";

    /// <summary>Answers with the number in which the party came, or with why the barrier is broken.</summary>
    private void Wait(ref CallFrame call)
    {
        TimeSpan timeout = call.ReadTimeout();
        if (_broken != 0)
        {
            call.Write(_broken);
        }
        else if (_waiters.Count + 1 == _parties)
        {
            for (int index = 0; _waiters.TryDequeue(out Waiter waiter); index++)
            {
                waiter.Reply((long)index);
            }

            call.Write((long)(_parties - 1));
        }
        else if (timeout == TimeSpan.Zero)
        {
            Break(BarrierBreak.Timeout, call.Session);
            call.Write(_broken);
        }
        else
        {
            _ = _waiters.Enqueue(ref call, timeout);
        }
    }

    private void GiveUp(Waiter waiter, WaitOutcome outcome)
    {
        if (outcome == WaitOutcome.ObjectGone)
        {
            WaitQueue.FailUsually(waiter, outcome); // each is told so: nobody broke it
            return;
        }

        Break(
            outcome switch
            {
                WaitOutcome.TimedOut => BarrierBreak.Timeout,
                WaitOutcome.Cancelled => BarrierBreak.Cancelled,
                _ => BarrierBreak.ProcessEnded,
            },
            waiter.Session);
        if (outcome == WaitOutcome.TimedOut)
        {
            waiter.Reply(_broken);
        }
        else
        {
            WaitQueue.FailUsually(waiter, outcome);
        }
    }

    private void Break(BarrierBreak cause, ManagerSession session)
    {
        _broken = BarrierVerdict.Broken(cause, session.ClientProcessId);
        while (_waiters.TryDequeue(out Waiter waiter))
        {
            waiter.Reply(_broken);
        }
    }
}
