namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>The calls that wait for one thing, first come first served. Guarded by the lock of the object it belongs to.</summary>
/// <param name="gate">That lock.</param>
/// <param name="givenUp">
/// Called under the lock, when a wait ended early and the waiter has left the queue; answers it, unless the client is gone.
/// </param>
internal sealed class WaitQueue(Lock gate, Action<Waiter, WaitOutcome> givenUp)
{
    private readonly LinkedList<Waiter> _waiters = [];

    public int Count => _waiters.Count;

    public IEnumerable<Waiter> Waiters => _waiters;

    /// <summary>Lets the call wait: its answer is left to whoever takes it out of the queue.</summary>
    public Waiter Enqueue(ref CallFrame call, TimeSpan timeout, object? state = null)
    {
        call.Defer();
        var waiter = new Waiter(this, call.Session, call.Id) { State = state };
        call.Session.Park(waiter);
        waiter.Node = _waiters.AddLast(waiter);
        waiter.StartTimer(timeout);
        return waiter;
    }

    /// <summary>Lets a waiter of another queue, which it has left, go on waiting here.</summary>
    public void Enqueue(Waiter waiter)
    {
        waiter.Queue = this;
        waiter.Node = _waiters.AddLast(waiter);
    }

    /// <summary>Takes out the waiter whose turn it is; the caller answers it.</summary>
    public bool TryDequeue(out Waiter waiter)
    {
        LinkedListNode<Waiter>? first = _waiters.First;
        waiter = first?.Value!;
        if (first is null)
        {
            return false;
        }

        Leave(waiter);
        waiter.Dispose();
        waiter.Session.Unpark(waiter);
        return true;
    }

    /// <summary>Takes out the first waiter, which goes on waiting elsewhere and can still be given up.</summary>
    public bool TryMove(out Waiter waiter)
    {
        LinkedListNode<Waiter>? first = _waiters.First;
        waiter = first?.Value!;
        if (first is not null)
        {
            Leave(waiter);
        }

        return first is not null;
    }

    /// <summary>What was waited for is over, however it ended; takes the lock.</summary>
    public void Finish(Waiter waiter)
    {
        lock (gate)
        {
            if (waiter.Node is not null)
            {
                Leave(waiter);
                waiter.Session.Unpark(waiter);
            }
        }
    }

    public void GiveUp(Waiter waiter, WaitOutcome outcome)
    {
        lock (gate)
        {
            // Its turn came first, or it moved on: then the other queue, under the same lock, is the one to leave.
            if (waiter.Queue != this)
            {
                waiter.Queue.GiveUp(waiter, outcome);
                return;
            }

            if (waiter.Node is null)
            {
                return;
            }

            Leave(waiter);
            waiter.Dispose();
            waiter.Session.Unpark(waiter);
            givenUp(waiter, outcome);
        }
    }

    /// <summary>Ends all waits: the object goes.</summary>
    public void Clear()
    {
        while (_waiters.First is { Value: var waiter })
        {
            GiveUp(waiter, WaitOutcome.ObjectGone);
        }
    }

    /// <summary>The usual answer to a wait that ended early.</summary>
    public static void FailUsually(Waiter waiter, WaitOutcome outcome)
    {
        switch (outcome)
        {
            case WaitOutcome.TimedOut:
                waiter.Fail(FailureCode.Timeout, "What was waited for did not come in time.");
                break;
            case WaitOutcome.Cancelled:
                waiter.Fail(FailureCode.Cancelled, "The wait was cancelled.");
                break;
            case WaitOutcome.ObjectGone:
                waiter.Fail(FailureCode.NoObject, "The shared object was removed while the call waited.");
                break;
        }
    }

    /// <summary>The answer to a wait that ended early where a time-out is no failure.</summary>
    public static void AnswerFalse(Waiter waiter, WaitOutcome outcome)
    {
        if (outcome == WaitOutcome.TimedOut)
        {
            waiter.Reply(false);
        }
        else
        {
            FailUsually(waiter, outcome);
        }
    }

    private void Leave(Waiter waiter)
    {
        _waiters.Remove(waiter.Node!);
        waiter.Node = null;
    }
}
