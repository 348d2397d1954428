namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>A lock; a recursive one belongs to a thread or flow of its process, a plain one to the process.</summary>
internal sealed class HostedMutex : HostedObject
{
    private readonly bool _isRecursive;
    private readonly WaitQueue _waiters;
    private ManagerSession? _owner;
    private ulong _flow;
    private int _depth;
    private int _abandonedBy;

    public HostedMutex(bool isRecursive)
    {
        _isRecursive = isRecursive;
        _waiters = new WaitQueue(Gate, GiveUp);
    }

    public override string TypeName => _isRecursive ? "recursive_lock" : "lock";

    public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call)
    {
        lock (Gate)
        {
            switch (method)
            {
                case "acquire": Acquire(ref call); break;
                case "release": Release(ref call); break;
                case "is_held": call.Write(_owner is not null); break;
                default: throw NoSuchMethod(method);
            }
        }
    }

    public override void Forget(ManagerSession session)
    {
        lock (Gate)
        {
            if (_owner == session)
            {
                _abandonedBy = session.ClientProcessId;
                Free();
            }
        }
    }

    public override IEnumerable<StoredValue> Remove()
    {
        lock (Gate)
        {
            _owner?.Released(this);
            _owner = null;
            _waiters.Clear();
        }

        return [];
    }

    public override string ToString()
    {
        ManagerSession? owner = _owner; // read once: this is shown without the lock
        return $"{TypeName} ({(owner is null ? "free" : $"held by process {owner.ClientProcessId}")}, {_waiters.Count} waiting)";
    }

    /// <summary>Whether the caller holds it. Under the lock, as are those below.</summary>
    public bool IsHeldBy(ManagerSession session, ulong flow) => _owner == session && (!_isRecursive || _flow == flow);

    /// <exception cref="CallFailedException">The caller does not hold it.</exception>
    public void ThrowUnlessHeldBy(ManagerSession session, ulong flow, string act)
    {
        if (!IsHeldBy(session, flow))
        {
            throw new CallFailedException(
                FailureCode.NotHeld, $"This {(_isRecursive ? "thread" : "process")} does not hold the lock, so it cannot {act}.");
        }
    }

    /// <summary>Releases it altogether and gives the claim that gets it back as it was.</summary>
    public MutexClaim ReleaseAll()
    {
        var claim = new MutexClaim(_flow, _depth);
        Free();
        return claim;
    }

    /// <summary>Lets one that released all of it wait to have it back.</summary>
    public void TakeBack(Waiter waiter)
    {
        _waiters.Enqueue(waiter);
        PassOn();
    }

    private void Acquire(ref CallFrame call)
    {
        ulong flow = call.ReadUInt64();
        TimeSpan timeout = call.ReadTimeout();
        if (_isRecursive && IsHeldBy(call.Session, flow))
        {
            _depth++;
            call.Write(LockState.AcquiredAfter(0));
        }
        else if (_owner is null && _waiters.Count == 0 && call.Session.TryAcquire(this))
        {
            call.Write(Give(call.Session, flow, 1));
        }
        else if (timeout == TimeSpan.Zero)
        {
            call.Write(LockState.NotAcquired);
        }
        else
        {
            _ = _waiters.Enqueue(ref call, timeout, new MutexClaim(flow, 1));
        }
    }

    private void Release(ref CallFrame call)
    {
        ThrowUnlessHeldBy(call.Session, call.ReadUInt64(), "release it");
        if (--_depth == 0)
        {
            Free();
        }
    }

    private void Free()
    {
        _owner?.Released(this);
        _owner = null;
        _depth = 0;
        PassOn();
    }

    private void PassOn()
    {
        while (_owner is null && _waiters.TryDequeue(out Waiter waiter))
        {
            // One whose client has gone meanwhile gets nothing: nobody would release it.
            if (!waiter.Session.TryAcquire(this))
            {
                continue;
            }

            var claim = (MutexClaim)waiter.State!;
            long state = Give(waiter.Session, claim.Flow, claim.Depth);
            if (claim.IsCancelled)
            {
                waiter.Fail(FailureCode.Cancelled, "The wait was cancelled.");
            }
            else
            {
                waiter.Reply(claim.Verdict ?? state);
            }
        }
    }

    private long Give(ManagerSession session, ulong flow, int depth)
    {
        (_owner, _flow, _depth) = (session, flow, depth);
        (int abandonedBy, _abandonedBy) = (_abandonedBy, 0);
        return LockState.AcquiredAfter(abandonedBy);
    }

    private void GiveUp(Waiter waiter, WaitOutcome outcome)
    {
        var claim = (MutexClaim)waiter.State!;
        if (claim.Verdict is not null && outcome is WaitOutcome.Cancelled or WaitOutcome.TimedOut)
        {
            // It comes back from waiting for a condition, and must not return without the mutex.
            claim.IsCancelled |= outcome == WaitOutcome.Cancelled;
            TakeBack(waiter);
        }
        else if (outcome == WaitOutcome.TimedOut)
        {
            waiter.Reply(LockState.NotAcquired);
        }
        else
        {
            WaitQueue.FailUsually(waiter, outcome);
        }
    }
}
