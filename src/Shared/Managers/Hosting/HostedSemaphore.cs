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

        if (count > _maximum - _free)
        {
            throw new CallFailedException(FailureCode.SemaphoreFull, $"The semaphore's maximum is {_maximum}, and {_free} are free: {count} are too many.");
        }

        // As everywhere, one process may release what another has acquired (a producer's signal). Then that is what is held no more:
        // else it would be given back once again when the other one ends.
        int left = TakeBack(call.Session, count);
        foreach (ManagerSession other in left > 0 ? [.. _held.Keys] : Array.Empty<ManagerSession>())
        {
            left = TakeBack(other, left);
        }

        call.Write(_free);
        _free += count;
        PassOn();
    }

    /// <summary>Ends as many of the client's holds as there are, up to a number; what is left of that.</summary>
    private int TakeBack(ManagerSession session, int count)
    {
        int held = _held.GetValueOrDefault(session);
        if (held > count)
        {
            _held[session] = held - count;
        }
        else
        {
            _ = _held.Remove(session);
            session.Released(this);
        }

        return Math.Max(0, count - held);
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
