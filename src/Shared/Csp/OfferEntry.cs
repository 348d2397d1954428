using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Csp;

/// <summary>
/// A choice that waits to read from, or to write to, a channel, as it lies in the channel's memory; the item's bytes follow. Only its
/// process makes and removes it.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
internal struct OfferEntry
{
    /// <summary>The longest <see cref="Reference"/>.</summary>
    public const int ReferenceSize = 64;

    /// <summary>Who waits; 0: the entry is free. Written last when an offer is made.</summary>
    [FieldOffset(0)]
    public ulong Process;

    /// <summary>Orders offers by age.</summary>
    [FieldOffset(8)]
    public long Ticket;

    /// <summary>Which side of the channel it takes.</summary>
    [FieldOffset(16)]
    public ChannelSide Side;

    /// <summary>Which of its choice's guards this is.</summary>
    [FieldOffset(20)]
    public int Guard;

    /// <summary>Which of its process's slots decides the choice.</summary>
    [FieldOffset(24)]
    public int Slot;

    /// <summary>The bytes of <see cref="Reference"/>.</summary>
    [FieldOffset(28)]
    public int ReferenceLength;

    /// <summary>
    /// The bytes of the item that is offered, or was delivered; −1: it has no room here, and its writer waits for some in the buffer.
    /// </summary>
    [FieldOffset(32)]
    public int ItemLength;

    /// <summary>1 if whoever takes the item is to say when it has read what is outside of it.</summary>
    [FieldOffset(36)]
    public int NeedsReceipt;

    /// <summary>Who takes, or took, the item. Written before the choice is decided.</summary>
    [FieldOffset(40)]
    public ulong Taker;

    /// <summary>How many items had been put into the buffer, ever, when the offer was made: those are read before its item.</summary>
    [FieldOffset(48)]
    public long Position;

    /// <summary>The first byte of the reference to the slot's memory.</summary>
    [FieldOffset(56)]
    public byte Reference;
}
