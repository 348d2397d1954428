namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>The tickets that the server keeps for one client. Outlives the client, as they do.</summary>
/// <remarks>Changed by the <see cref="TransitTable"/> alone, under its lock.</remarks>
internal sealed class TransitTally
{
    private readonly LinkedList<ulong> _tickets = [];
    private volatile int _count;

    /// <summary>How many there are. May be read by anybody.</summary>
    public int Count => _count;

    /// <summary>Whether the client is gone.</summary>
    public bool HasLeft { get; set; }

    /// <summary>The number of the ticket that has been kept longest; there must be one.</summary>
    public ulong Oldest => _tickets.First!.Value;

    public LinkedListNode<ulong> Add(ulong number)
    {
        _count++;
        return _tickets.AddLast(number);
    }

    public void Remove(LinkedListNode<ulong> ticket)
    {
        _tickets.Remove(ticket);
        _count--;
    }
}
