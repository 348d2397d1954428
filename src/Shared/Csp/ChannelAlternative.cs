using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Csp;

/// <summary>To read from, or to write to, an end of a channel.</summary>
/// <param name="end">The end.</param>
/// <param name="item">What is to be written, or was read, as bytes.</param>
internal sealed unsafe class ChannelAlternative(ChannelEnd end, RecordBuffer item) : Alternative
{
    private int _offer = -1;
    private SharedBlock? _toAcknowledge;

    public override ChannelCore Core => end.Core;

    public override ProcessIdentity? Taker => NeedsReceipt ? Core.TakerOf(_offer) : null;

    /// <summary>
    /// Whether the item to be written refers to something outside of it that this process has, and has to keep until it is read.
    /// </summary>
    public bool NeedsReceipt { get; init; }

    private bool IsRead => end.Side == ChannelSide.Reader;

    public override bool TryDo()
    {
        end.ThrowIfClosed();
        return IsRead ? Core.TryRead(item, out _toAcknowledge) : Core.TryWrite(item.Written.Span, NeedsReceipt);
    }

    public override void Offer(ChoiceSlot slot, int guard) =>
        _offer = Core.AddOffer(end.Side, IsRead ? default : item.Written.Span, NeedsReceipt, slot, guard);

    public override void Withdraw(bool isDecided)
    {
        if (_offer >= 0)
        {
            Core.RemoveOffer(_offer, isDecided && IsRead ? item : null);
            _offer = -1;
        }
    }

    /// <summary>Deserializes what was read, and gives the receipt for it if the writer waits for one.</summary>
    public T Deserialize<T>()
    {
        try
        {
            ReadOnlyMemory<byte> bytes = item.Written;
            return QueueItems<T>.Read(ref bytes);
        }
        finally
        {
            if (_toAcknowledge is { } slot)
            {
                _toAcknowledge = null;
                CrashPoint.Reach("csp.acknowledging");
                new SlotWord((SlotState*)slot.Pointer).Acknowledge();
                slot.Dispose();
            }
        }
    }
}
