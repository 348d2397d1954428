namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>A count to acquire. What a client holds comes back when it is gone.</summary>
internal sealed class HostedSemaphore : HostedObject
{
    private readonly int _maximum;
    private readonly Dictionary<ManagerSession, int> _held = [];
    private readonly WaitQueue _waiters;
    private int _free;

    public HostedSemaphore(int initial, int maximum)
    {
        (_free, _maximum) = (initial, maximum);
        _waiters = new WaitQueue(Gate, WaitQueue.AnswerFalse);
    }

    public override string TypeName => "semaphore";

    public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call)
    {
        lock (Gate)
        {
            switch (method)
            {
                case "acquire": Acquire(ref call); break;
                case "release": Release(ref call); break;
                case "count": call.Write(_free); break;
                default: throw NoSuchMethod(method);
            }
        }
    }

    public override void Forget(ManagerSession session)
    {
        lock (Gate)
        {
            if (_held.Remove(session, out int count))
            {
                _free += count;
                PassOn();
            }
        }
    }

    public override IEnumerable<StoredValue> Remove()
    {
        lock (Gate)
        {
            foreach (ManagerSession holder in _held.Keys)
            {
                holder.Released(this);
            }

            _held.Clear();
            _waiters.Clear();
        }

        return [];
    }

    public override string ToString() => $"semaphore ({_free} free, {_waiters.Count} waiting)";

    private void Acquire(ref CallFrame call)
    {
        TimeSpan timeout = call.ReadTimeout();
        if (_free > 0 && _waiters.Count == 0 && call.Session.TryAcquire(this))
        {
            call.Write(Take(call.Session));
        }
        else if (timeout == TimeSpan.Zero)
        {
            call.Write(false);
        }
        else
        {
            _ = _waiters.Enqueue(ref call, timeout);
        }
    }

    private void Release(ref CallFrame call)
    {
        int count = call.ArgumentsLeft > 0 ? call.ReadInt32() : 1;
        if (count < 1)
        {
            throw new CallFailedException(FailureCode.OutOfRange, $"{count} cannot be released; 1 is the least.");
        }

        int held = _held.GetValueOrDefault(call.Session);
        if (count > _maximum - _free)
        {
            throw new CallFailedException(FailureCode.SemaphoreFull, $"The semaphore's maximum is {_maximum}, and {_free} are free: {count} are too many.");
        }

        // As everywhere, one process may release what another has acquired (a producer's signal); then nobody's share shrinks.
        if (held > count)
        {
            _held[call.Session] = held - count;
        }
        else
        {
            _ = _held.Remove(call.Session);
            call.Session.Released(this);
        }

        call.Write(_free);
        _free += count;
        PassOn();
    }

    private void PassOn()
    {
        while (_free > 0 && _waiters.TryDequeue(out Waiter waiter))
        {
            if (waiter.Session.TryAcquire(this))
            {
                waiter.Reply(Take(waiter.Session));
            }
        }
    }

    private bool Take(ManagerSession session)
    {
        _free--;
        _held[session] = _held.GetValueOrDefault(session) + 1;
        return true;
    }
}
