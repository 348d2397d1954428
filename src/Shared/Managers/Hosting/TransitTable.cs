namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>
/// References on their way from one client to another, each known by the ticket in its message: the object lives although the
/// sender has let go of it, or has ended, until the receiver takes the ticket up, the sender revokes it because the message
/// never left, or its time is over because nobody ever read the message.
/// </summary>
/// <remarks>
/// Each client is kept a limited number of tickets, which its session sees to. All those together that are gone are kept as many as
/// one of them, or a client that comes and goes could add without end: beyond that, whoever left most loses the oldest, so that who
/// left few loses none to who left many.
/// </remarks>
/// <param name="objects">What the tickets are for.</param>
/// <param name="lifetime">How long a ticket is kept at most.</param>
/// <param name="maximumLeft">How many tickets are kept for all clients together that are gone.</param>
internal sealed class TransitTable(ObjectTable objects, TimeSpan lifetime, int maximumLeft) : IDisposable
{
    // An offer is late by moments. What a client makes up, or reads a second time, is not remembered beyond that.
    private const int MaximumVoid = 65_536;

    private static readonly TimeSpan s_longestTimer = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly LinkedList<Ticket> _byAge = [];
    private readonly Dictionary<ulong, LinkedListNode<Ticket>> _byNumber = [];
    private readonly HashSet<TransitTally> _left = []; // of clients that are gone, those with tickets
    private int _leftCount;
    private Timer? _timer;
    private bool _isOver;

    /// <summary>The client has put a reference into a message.</summary>
    /// <param name="number">What the message knows it by.</param>
    /// <param name="hosted">The object.</param>
    /// <param name="tally">Counts it among the client's until it has arrived.</param>
    /// <exception cref="CallFailedException">The object does not exist any more.</exception>
    public void Offer(ulong number, HostedObject hosted, TransitTally tally)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return; // who is still being carried out a call for is about to hear that the server has ended
            }

            if (!_byNumber.TryGetValue(number, out LinkedListNode<Ticket>? known))
            {
                objects.Lease(hosted);
                Add(number, hosted, tally);
            }
            else if (known.Value.Hosted is null)
            {
                Remove(known); // the receiver was faster
            }
        }
    }

    /// <summary>
    /// Another client, which has leased the object already, has read the message. That may be heard of before the offer, which
    /// comes over another connection: then the offer is void, for the time that it can be late.
    /// </summary>
    /// <param name="number">What the message knows it by.</param>
    /// <param name="tally">Counts it among the client's as long as the offer may be late.</param>
    public void TakeUp(ulong number, TransitTally tally)
    {
        HostedObject? hosted = null;
        lock (_lock)
        {
            if (_byNumber.TryGetValue(number, out LinkedListNode<Ticket>? known))
            {
                hosted = Remove(known);
            }
            else if (tally.Count < MaximumVoid && !_isOver)
            {
                Add(number, null, tally);
            }
        }

        Release(hosted);
    }

    /// <summary>The message will not arrive; if it has, nothing happens.</summary>
    public void Revoke(ulong number)
    {
        HostedObject? hosted = null;
        lock (_lock)
        {
            if (_byNumber.TryGetValue(number, out LinkedListNode<Ticket>? known) && known.Value.Hosted is not null)
            {
                hosted = Remove(known);
            }
        }

        Release(hosted);
    }

    /// <summary>The client is gone. Its tickets are good without it.</summary>
    public void Leave(TransitTally tally)
    {
        List<HostedObject?> lost = [];
        lock (_lock)
        {
            tally.HasLeft = true;
            if (tally.Count > 0)
            {
                _ = _left.Add(tally);
                _leftCount += tally.Count;
            }

            while (_leftCount > maximumLeft)
            {
                TransitTally largest = _left.MaxBy(static each => each.Count)!;
                for (int excess = Math.Min(_leftCount - maximumLeft, largest.Count); excess > 0; excess--)
                {
                    lost.Add(Remove(_byNumber[largest.Oldest]));
                }
            }
        }

        lost.ForEach(Release);
    }

    /// <summary>Nobody can take up any more what is on its way, and what only that keeps, such as a pool's workers, ends.</summary>
    public void Dispose()
    {
        List<HostedObject?> kept = [];
        lock (_lock)
        {
            _isOver = true;
            _timer?.Dispose();
            while (_byAge.First is { } oldest)
            {
                kept.Add(Remove(oldest));
            }
        }

        kept.ForEach(Release);
    }

    private void Add(ulong number, HostedObject? hosted, TransitTally tally)
    {
        LinkedListNode<Ticket> node = _byAge.AddLast(new Ticket(number, hosted, Environment.TickCount64, tally, tally.Add(number)));
        _byNumber.Add(number, node);
        if (tally.HasLeft) // it was just being carried out a call for
        {
            _ = _left.Add(tally);
            _leftCount++;
        }

        if (_byAge.Count == 1)
        {
            StartTimer();
        }
    }

    private HostedObject? Remove(LinkedListNode<Ticket> node)
    {
        Ticket ticket = node.Value;
        _byAge.Remove(node);
        _ = _byNumber.Remove(ticket.Number);
        ticket.Tally.Remove(ticket.Place);
        if (ticket.Tally.HasLeft)
        {
            _leftCount--;
            if (ticket.Tally.Count == 0)
            {
                _ = _left.Remove(ticket.Tally);
            }
        }

        return ticket.Hosted;
    }

    private void Release(HostedObject? hosted)
    {
        if (hosted is not null)
        {
            objects.Release(hosted);
        }
    }

    private void StartTimer()
    {
        if (lifetime != Timeout.InfiniteTimeSpan && _byAge.First is { Value: var oldest })
        {
            TimeSpan left = lifetime - Age(oldest);
            left = left < TimeSpan.Zero ? TimeSpan.Zero : left > s_longestTimer ? s_longestTimer : left;
            _timer ??= new Timer(static state => ((TransitTable)state!).RemoveOld(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _ = _timer.Change(left, Timeout.InfiniteTimeSpan);
        }
    }

    private void RemoveOld()
    {
        List<HostedObject?> lost = [];
        lock (_lock)
        {
            while (_byAge.First is { } oldest && Age(oldest.Value) >= lifetime)
            {
                lost.Add(Remove(oldest));
            }

            StartTimer();
        }

        lost.ForEach(Release);
    }

    private static TimeSpan Age(Ticket ticket) => TimeSpan.FromMilliseconds(Environment.TickCount64 - ticket.Begun);

    /// <summary>A reference on its way.</summary>
    /// <param name="Number">What the message knows it by.</param>
    /// <param name="Hosted">The object; null if it has been taken up and the offer is still to come.</param>
    /// <param name="Begun">Since when, in milliseconds.</param>
    /// <param name="Tally">Where it counts.</param>
    /// <param name="Place">Its place there.</param>
    private readonly record struct Ticket(ulong Number, HostedObject? Hosted, long Begun, TransitTally Tally, LinkedListNode<ulong> Place);
}
