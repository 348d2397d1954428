namespace IpcDemos.Shared.Memory;

/// <summary>What this process has of one block: one per block, however many handles there are. Guarded by <see cref="Arena"/>'s lock.</summary>
internal sealed unsafe class BlockHold(Segment segment, int granule, long generation, nuint size)
{
    private readonly List<Ticket> _tickets = [];
    private int _pruneAt = 16;

    public Segment Segment { get; } = segment;

    public int Granule { get; } = granule;

    public long Generation { get; } = generation;

    public nuint Size { get; } = size;

    public byte* Pointer { get; } = segment.DataOf(granule);

    /// <summary>0 while only references on their way keep the block.</summary>
    public int Handles { get; private set; } = 1;

    public void AddHandle() => Segment.SetCount(Granule, ++Handles);

    /// <summary>Returns whether it was the last one. The count in the segment stays at 1 then: the hold is there until it is dropped.</summary>
    public bool RemoveHandle()
    {
        if (--Handles == 0)
        {
            return true;
        }

        Segment.SetCount(Granule, Handles);
        return false;
    }

    /// <summary>Whether a reference that this process wrote has not been read yet, as far as is known; forgets those that have been.</summary>
    public bool HasOutstandingTickets()
    {
        _ = _tickets.RemoveAll(ticket => !Segment.IsOutstanding(ticket));
        return _tickets.Count > 0;
    }

    public Ticket IssueTicket()
    {
        Ticket ticket = Segment.IssueTicket();
        if (_tickets.Count == _pruneAt)
        {
            _ = HasOutstandingTickets();
            _pruneAt = Math.Max(16, 2 * _tickets.Count);
        }

        if (ticket != Ticket.None || !_tickets.Contains(ticket))
        {
            _tickets.Add(ticket);
        }

        return ticket;
    }
}
