using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Csp;

/// <summary>An item that has been serialized to be written; what it has outside of its bytes is taken back if it is not.</summary>
internal sealed class OutgoingItem<T>
{
    private readonly RecordBuffer _records = RecordBuffer.Rent();
    private readonly IReadOnlyList<Offer> _handles;

    public OutgoingItem(WriteEnd<T> end, T item)
    {
        try
        {
            using HandleTransfer.OfferScope offers = HandleTransfer.BeginOffers();
            QueueItems<T>.Write(_records, new ReadOnlySpan<T>(in item), end.Core.LargestItem - QueueLayout.RecordHeader);
            _handles = HandleTransfer.KeepOffers();
            bool refersToOurs = _handles.Count > 0 || QueueItems<T>.HasReference(_records.Written);
            Alternative = new ChannelAlternative(end, _records) { NeedsReceipt = refersToOurs };
        }
        catch
        {
            _records.Dispose();
            throw;
        }
    }

    public ChannelAlternative Alternative { get; }

    /// <summary>Ends the attempt to write it.</summary>
    /// <param name="isWritten">Whether it was.</param>
    public void End(bool isWritten)
    {
        if (!isWritten)
        {
            QueueItems<T>.Discard(_records.Written);
            HandleTransfer.Revoke(_handles);
        }

        _records.Dispose();
    }
}
