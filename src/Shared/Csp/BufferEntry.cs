using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Csp;

/// <summary>Where the bytes of a buffered item lie: in the ring of bytes behind all entries.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct BufferEntry
{
    /// <summary>Where they begin, counted on from the item before while there is one; modulo the ring's length.</summary>
    [FieldOffset(0)]
    public long Start;

    /// <summary>How many they are.</summary>
    [FieldOffset(8)]
    public int Length;

    /// <summary>Where they end.</summary>
    public readonly long End => Start + Length;
}
