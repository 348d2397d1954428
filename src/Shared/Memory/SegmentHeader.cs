using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Memory;

/// <summary>The first bytes of every segment.</summary>
[StructLayout(LayoutKind.Explicit, Size = SegmentLayout.HeaderSize)]
internal struct SegmentHeader
{
    /// <summary>"IPCDMEM1" in ASCII; its last character is the version of the layout. Written last, when the rest is in place.</summary>
    public const ulong CurrentMagic = 0x31_4D_45_4D_44_43_50_49;

    [FieldOffset(0)]
    public ulong Magic;

    [FieldOffset(8)]
    public Guid Id;

    [FieldOffset(24)]
    public long DataLength;

    [FieldOffset(32)]
    public int Granules;

    /// <summary>No holder beyond this one has ever been used. Only grows.</summary>
    [FieldOffset(36)]
    public int HoldersUsed;

    /// <summary>How many bytes of extents were ever given out. Only grows.</summary>
    [FieldOffset(40)]
    public long ExtentBytes;
}
