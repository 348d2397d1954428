namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>A flag to wait for.</summary>
internal sealed class HostedEvent : HostedObject
{
    private readonly WaitQueue _waiters;
    private bool _isSet;

    public HostedEvent(bool isSet)
    {
        _isSet = isSet;
        _waiters = new WaitQueue(Gate, WaitQueue.AnswerFalse);
    }

    public override string TypeName => "event";

    public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call)
    {
        lock (Gate)
        {
            switch (method)
            {
                case "is_set": call.Write(_isSet); break;
                case "set": Set(); break;
                case "clear": _isSet = false; break;
                case "wait": Wait(ref call); break;
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

    public override string ToString() => $"event ({(_isSet ? "set" : "not set")}, {_waiters.Count} waiting)";

    private void Set()
    {
        _isSet = true;
        while (_waiters.TryDequeue(out Waiter waiter))
        {
            waiter.Reply(true);
        }
    }

    private void Wait(ref CallFrame call)
    {
        TimeSpan timeout = call.ReadTimeout();
        if (_isSet || timeout == TimeSpan.Zero)
        {
            call.Write(_isSet);
        }
        else
        {
            _ = _waiters.Enqueue(ref call, timeout);
        }
    }
}
