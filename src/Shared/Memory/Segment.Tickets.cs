using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Memory;

/// <content>References on their way: one word each, 0 or the writer's ticket.</content>
internal sealed unsafe partial class Segment
{
    private const int TicketHolderShift = 48;
    private const ulong TicketNumberMask = (1UL << TicketHolderShift) - 1;

    // Starts anywhere, so that a ticket of an earlier holder with the same number is not taken for one of this one.
    private ulong _ticketNumber = (ulong)Random.Shared.NextInt64();
    private int _nextTicket;

    public Ticket IssueTicket()
    {
        ulong word = ((ulong)(_holder + 1) << TicketHolderShift) | (++_ticketNumber & TicketNumberMask);
        for (int tries = 0; tries < SegmentLayout.Tickets; tries++)
        {
            int index = _nextTicket;
            _nextTicket = (index + 1) % SegmentLayout.Tickets;
            if (Interlocked.CompareExchange(ref Word(SegmentLayout.TicketsOffset, index), word, 0) == 0)
            {
                return new Ticket(index, word);
            }
        }

        return Ticket.None;
    }

    /// <summary>Whether the reference is still on its way. One without a ticket always may be.</summary>
    public bool IsOutstanding(Ticket ticket) =>
        ticket == Ticket.None || Volatile.Read(ref Word(SegmentLayout.TicketsOffset, ticket.Index)) == ticket.Word;

    /// <summary>Tells the writer that this process has the block now. A second reading of the same message changes nothing.</summary>
    public void Redeem(Ticket ticket)
    {
        CrashPoint.Reach("Segment.Redeem.Attached");
        if ((uint)ticket.Index < SegmentLayout.Tickets)
        {
            _ = Interlocked.CompareExchange(ref Word(SegmentLayout.TicketsOffset, ticket.Index), 0, ticket.Word);
        }
    }
}
