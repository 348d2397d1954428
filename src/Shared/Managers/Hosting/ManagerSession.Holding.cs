namespace IpcDemos.Shared.Managers.Hosting;

// What the client holds: references, waits, and what it acquired. All of it ends with the connection, however that ends.
internal sealed partial class ManagerSession
{
    private readonly Lock _holding = new();
    private readonly Dictionary<HostedObject, int> _leases = [];
    private readonly HashSet<HostedObject> _acquired = [];
    private readonly Dictionary<uint, Waiter> _waiters = [];
    private readonly TaskCompletionSource _hasLetGo = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasEnded;

    /// <summary>How many objects it refers to.</summary>
    public int LeaseCount
    {
        get
        {
            lock (_holding)
            {
                return _leases.Count;
            }
        }
    }

    /// <summary>How many of its calls are waiting.</summary>
    public int WaiterCount
    {
        get
        {
            lock (_holding)
            {
                return _waiters.Count;
            }
        }
    }

    public bool HasEnded
    {
        get
        {
            lock (_holding)
            {
                return _hasEnded;
            }
        }
    }

    /// <summary>The client is given a reference.</summary>
    public void Lease(HostedObject hosted)
    {
        lock (_holding)
        {
            if (!_hasEnded)
            {
                Server.Objects.Lease(hosted);
                _leases[hosted] = _leases.GetValueOrDefault(hosted) + 1;
            }
        }
    }

    /// <summary>
    /// The client is given a reference to a new object; returns what became of that, which is another one if its instance is
    /// hosted already. If the client is gone it is removed at once: nobody else would let go of it.
    /// </summary>
    public HostedObject LeaseNew(HostedObject hosted)
    {
        hosted = Server.Objects.AddLeased(hosted);
        lock (_holding)
        {
            if (!_hasEnded)
            {
                _leases[hosted] = _leases.GetValueOrDefault(hosted) + 1;
                return hosted;
            }
        }

        Server.Objects.Release(hosted);
        return hosted;
    }

    /// <summary>The client gives back as many references as it says it was given: one given out meanwhile stays its own.</summary>
    public void Release(HostedObject hosted, int count)
    {
        lock (_holding)
        {
            if (_hasEnded)
            {
                return; // what it held is given back already, or is just being: it may be in the middle of a frame
            }

            int held = _leases.GetValueOrDefault(hosted);
            count = Math.Clamp(count, 0, held);
            if (held > count)
            {
                _leases[hosted] = held - count;
            }
            else
            {
                _ = _leases.Remove(hosted);
            }
        }

        Server.Objects.Release(hosted, count);
    }

    /// <summary>The client is to hold a lock or the like; the object is told when the client is gone. False if it is gone already.</summary>
    public bool TryAcquire(HostedObject hosted)
    {
        lock (_holding)
        {
            if (!_hasEnded)
            {
                _ = _acquired.Add(hosted);
            }

            return !_hasEnded;
        }
    }

    /// <summary>The client holds nothing of the object's any more.</summary>
    public void Released(HostedObject hosted)
    {
        lock (_holding)
        {
            _ = _acquired.Remove(hosted);
        }
    }

    public void Park(Waiter waiter)
    {
        lock (_holding)
        {
            ObjectDisposedException.ThrowIf(_hasEnded, this);
            if (_waiters.Count >= Server.Options.MaximumWaitingCalls)
            {
                throw new CallFailedException(
                    FailureCode.InvalidOperation,
                    $"{_waiters.Count} calls of this process are waiting in the server, which is as many as it lets wait "
                    + $"({nameof(ManagerOptions)}.{nameof(ManagerOptions.MaximumWaitingCalls)}).");
            }

            if (!_waiters.TryAdd(waiter.Id, waiter))
            {
                throw new InvalidDataException($"Request {waiter.Id} is waiting already.");
            }
        }
    }

    public void Unpark(Waiter waiter)
    {
        lock (_holding)
        {
            _ = _waiters.Remove(waiter.Id);
        }
    }

    private void Cancel(uint id)
    {
        Waiter? waiter;
        lock (_holding)
        {
            _ = _waiters.TryGetValue(id, out waiter);
        }

        waiter?.GiveUp(WaitOutcome.Cancelled);
    }

    /// <summary>False if another caller has come first, and may still be at it.</summary>
    private bool LetGo()
    {
        Waiter[] waiters;
        HostedObject[] acquired;
        lock (_holding)
        {
            if (_hasEnded)
            {
                return false;
            }

            _hasEnded = true;
            waiters = [.. _waiters.Values];
            acquired = [.. _acquired];
        }

        try
        {
            // Waits end first: a lock that is released next must not be handed to this client.
            foreach (Waiter waiter in waiters)
            {
                waiter.GiveUp(WaitOutcome.ClientGone);
            }

            foreach (HostedObject hosted in acquired)
            {
                hosted.Forget(this);
            }

            foreach (var (hosted, count) in _leases)
            {
                Server.Objects.Release(hosted, count);
            }

            Server.Transit.Leave(OnTheWay);
            Server.Transit.Leave(_arrived);
            Server.Left(this);
        }
        finally
        {
            _hasLetGo.SetResult();
        }

        return true;
    }
}
