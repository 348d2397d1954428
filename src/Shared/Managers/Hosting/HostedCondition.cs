namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>
/// A condition on a mutex. Guarded by the mutex's lock, so that releasing the mutex and waiting are one step, as are being
/// notified and waiting for the mutex.
/// </summary>
internal sealed class HostedCondition : HostedObject
{
    private const long Notified = 1;
    private const long NotNotified = 0;

    private readonly HostedMutex _mutex;
    private readonly WaitQueue _waiters;

    public HostedCondition(HostedMutex mutex)
    {
        _mutex = mutex;
        _waiters = new WaitQueue(mutex.Gate, GiveUp);
    }

    public override string TypeName => "condition";

    public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call)
    {
        if (method is "acquire" or "release" or "is_held")
        {
            _mutex.Invoke(method, ref call);
            return;
        }

        lock (_mutex.Gate)
        {
            switch (method)
            {
                case "wait": Wait(ref call); break;
                case "notify": Notify(ref call); break;
                default: throw NoSuchMethod(method);
            }
        }
    }

    public override IEnumerable<HostedObject> References() => [_mutex];

    public override IEnumerable<StoredValue> Remove()
    {
        lock (_mutex.Gate)
        {
            _waiters.Clear();
        }

        return [new StoredValue([], [_mutex])];
    }

    public override string ToString() => $"condition ({_waiters.Count} waiting) on {_mutex}";

    private void Wait(ref CallFrame call)
    {
        _mutex.ThrowUnlessHeldBy(call.Session, call.ReadUInt64(), "wait for the condition");
        TimeSpan timeout = call.ReadTimeout();
        Waiter waiter = _waiters.Enqueue(ref call, timeout);
        waiter.State = _mutex.ReleaseAll();
    }

    private void Notify(ref CallFrame call)
    {
        _mutex.ThrowUnlessHeldBy(call.Session, call.ReadUInt64(), "notify");
        for (long left = call.ReadInt64(); left > 0 && _waiters.TryMove(out Waiter waiter); left--)
        {
            waiter.Dispose();
            Return(waiter, Notified);
        }
    }

    private void GiveUp(Waiter waiter, WaitOutcome outcome)
    {
        if (outcome is WaitOutcome.TimedOut or WaitOutcome.Cancelled)
        {
            ((MutexClaim)waiter.State!).IsCancelled = outcome == WaitOutcome.Cancelled;
            Return(waiter, NotNotified);
        }
        else
        {
            WaitQueue.FailUsually(waiter, outcome);
        }
    }

    private void Return(Waiter waiter, long verdict)
    {
        ((MutexClaim)waiter.State!).Verdict = verdict;
        _mutex.TakeBack(waiter);
    }
}
