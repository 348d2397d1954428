using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Memory;

/// <summary>What a segment says of the block that starts at a granule.</summary>
[StructLayout(LayoutKind.Explicit, Size = SegmentLayout.EntrySize)]
internal struct BlockEntry
{
    /// <summary>Set while the segment's creator finds out whether anybody still has the block.</summary>
    public const long Examined = 1L << 62;

    /// <summary>0: no block starts here. Otherwise its number, never used twice in a segment, and <see cref="Examined"/>.</summary>
    [FieldOffset(0)]
    public long Generation;

    /// <summary>In bytes, as asked for. Fixed while the generation is.</summary>
    [FieldOffset(8)]
    public long Size;
}
