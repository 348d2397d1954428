using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Memory;

/// <summary>The first bytes of every extent; its content follows.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct ExtentHeader
{
    /// <summary>"IPCDEXT1" in ASCII.</summary>
    public const ulong CurrentMagic = 0x31_54_58_45_44_43_50_49;

    public const int OwnerOffset = 8;

    [FieldOffset(0)]
    public ulong Magic;

    /// <summary>The identity of the process with which it goes, if nobody knows of it.</summary>
    [FieldOffset(OwnerOffset)]
    public ulong Owner;

    /// <summary>Of the content, in bytes.</summary>
    [FieldOffset(16)]
    public long Length;
}
