using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Csp;

/// <summary>An end of a channel, as it lies in the channel's memory.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct EndEntry
{
    /// <summary>
    /// Who has it; 0: the entry is free. Storing it takes or frees the entry, or moves the end: see <see cref="ChannelCore"/>.
    /// </summary>
    [FieldOffset(0)]
    public ulong Owner;

    /// <summary>Who is about to take it over, or last did.</summary>
    [FieldOffset(8)]
    public ulong NextOwner;

    [FieldOffset(16)]
    public ChannelSide Side;

    /// <summary>Counts the ends that the entry has been.</summary>
    [FieldOffset(20)]
    public int Generation;
}
