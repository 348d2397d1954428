namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>A queue that keeps the order of all its producers, with a bound or without.</summary>
internal sealed class HostedQueue : HostedObject
{
    private readonly int _capacity;
    private readonly Queue<StoredValue> _values = [];
    private readonly WaitQueue _getters;
    private readonly WaitQueue _putters;
    private readonly WaitQueue _joiners;
    private bool _isCompleted;
    private long _unfinished;

    public HostedQueue(int capacity)
    {
        _capacity = capacity <= 0 ? int.MaxValue : capacity;
        _getters = new WaitQueue(Gate, WaitQueue.FailUsually);
        _putters = new WaitQueue(Gate, GivePutterUp);
        _joiners = new WaitQueue(Gate, WaitQueue.AnswerFalse);
    }

    public override string TypeName => "queue";

    public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call)
    {
        lock (Gate)
        {
            switch (method)
            {
                case "put": Put(ref call); break;
                case "put_many": PutMany(ref call); break;
                case "get": Get(ref call); break;
                case "get_many": GetMany(ref call); break;
                case "length": call.Write(_values.Count); break;
                case "task_done": TaskDone(); break;
                case "join": Join(ref call); break;
                case "complete": Complete(); break;
                default: throw NoSuchMethod(method);
            }
        }
    }

    public override IEnumerable<HostedObject> References() => _values
        .Concat(_putters.Waiters.SelectMany(waiter => ((Pending)waiter.State!).Values))
        .SelectMany(value => value.References ?? []);

    public override IEnumerable<StoredValue> Remove()
    {
        lock (Gate)
        {
            _getters.Clear();
            _putters.Clear();
            _joiners.Clear();
            StoredValue[] values = [.. _values];
            _values.Clear();
            return values;
        }
    }

    public override string ToString() => $"queue of {_values.Count}";

    private void Put(ref CallFrame call)
    {
        ThrowIfCompleted();
        StoredValue value = call.ReadValue();
        TimeSpan timeout = call.ReadTimeout();
        if (_values.Count < _capacity)
        {
            Accept(value);
        }
        else if (timeout == TimeSpan.Zero)
        {
            throw new CallFailedException(FailureCode.Timeout, $"The queue is full: it holds {_values.Count} items.");
        }
        else
        {
            _ = _putters.Enqueue(ref call, timeout, new Pending(new Queue<StoredValue>([value]), 1));
        }
    }

    /// <summary>Puts values one after another, nobody else's between them, and writes how many of them until the time is up.</summary>
    private void PutMany(ref CallFrame call)
    {
        ThrowIfCompleted();
        var values = new Queue<StoredValue>(call.ReadValues());
        TimeSpan timeout = call.ReadTimeout();
        int count = values.Count;
        if (count > _capacity - _values.Count && timeout != TimeSpan.Zero)
        {
            _ = _putters.Enqueue(ref call, timeout, new Pending(values, count));
            Refill(); // with those of them that fit
            return;
        }

        while (_values.Count < _capacity && values.TryDequeue(out StoredValue value))
        {
            Accept(value);
        }

        call.Drop(values);
        call.Write((long)count - values.Count);
    }

    private void Get(ref CallFrame call)
    {
        TimeSpan timeout = call.ReadTimeout();
        if (_values.TryDequeue(out StoredValue value))
        {
            call.Write(value);
            call.Drop(value);
            Refill();
        }
        else if (_isCompleted)
        {
            ThrowIfCompleted();
        }
        else if (timeout == TimeSpan.Zero)
        {
            throw new CallFailedException(FailureCode.Timeout, "The queue is empty.");
        }
        else
        {
            _ = _getters.Enqueue(ref call, timeout);
        }
    }

    private void GetMany(ref CallFrame call)
    {
        int count = Math.Clamp(call.ReadInt32(), 0, _values.Count);
        call.WriteArrayHeader(count);
        while (count-- > 0)
        {
            StoredValue value = _values.Dequeue();
            call.Write(value);
            call.Drop(value);
        }

        Refill();
    }

    private void TaskDone()
    {
        if (_unfinished == 0)
        {
            throw new CallFailedException(FailureCode.InvalidOperation, "More tasks were reported as done than items were put.");
        }

        if (--_unfinished == 0)
        {
            while (_joiners.TryDequeue(out Waiter joiner))
            {
                joiner.Reply(true);
            }
        }
    }

    private void Join(ref CallFrame call)
    {
        TimeSpan timeout = call.ReadTimeout();
        if (_unfinished == 0 || timeout == TimeSpan.Zero)
        {
            call.Write(_unfinished == 0);
        }
        else
        {
            _ = _joiners.Enqueue(ref call, timeout);
        }
    }

    private void Complete()
    {
        _isCompleted = true;
        while (_getters.TryDequeue(out Waiter getter))
        {
            getter.Fail(FailureCode.Completed, "The queue has been completed, and all its items taken.");
        }
    }

    private void Accept(StoredValue value)
    {
        _unfinished++;
        while (_getters.TryDequeue(out Waiter getter))
        {
            // A client that is gone takes nothing with it: the next one gets the item.
            if (!getter.Session.HasEnded)
            {
                getter.Reply(value);
                ReleaseLater(getter.Session, value);
                return;
            }
        }

        _values.Enqueue(value);
    }

    private void Refill()
    {
        while (_putters.Count > 0 && _values.Count < _capacity)
        {
            Waiter putter = _putters.Waiters.First();
            var pending = (Pending)putter.State!;
            Accept(pending.Values.Dequeue());
            if (pending.Values.Count == 0 && _putters.TryDequeue(out _))
            {
                putter.Reply(pending.Count);
            }
        }
    }

    private static void GivePutterUp(Waiter putter, WaitOutcome outcome)
    {
        foreach (StoredValue value in ((Pending)putter.State!).Values)
        {
            ReleaseLater(putter.Session, value);
        }

        WaitQueue.FailUsually(putter, outcome);
    }

    // Under this object's lock others must not be removed.
    private static void ReleaseLater(ManagerSession session, StoredValue value)
    {
        if (value.References is not null)
        {
            _ = ThreadPool.UnsafeQueueUserWorkItem(_ => session.Server.Objects.Release(value), null);
        }
    }

    private void ThrowIfCompleted()
    {
        if (_isCompleted)
        {
            throw new CallFailedException(FailureCode.Completed, "The queue has been completed: nothing more is put into it.");
        }
    }

    /// <summary>What a putter waits with: the values that have found no room yet, and how many they were at first.</summary>
    private sealed record Pending(Queue<StoredValue> Values, long Count);
}
