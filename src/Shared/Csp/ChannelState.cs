using System.Runtime.InteropServices;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Csp;

/// <summary>
/// The beginning of a channel in shared memory; <see cref="ChannelLayout"/> says what follows. The lock guards all that can change.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct ChannelState
{
    /// <summary>Says that this is a channel, and in which version.</summary>
    public const ulong CurrentMagic = 0x3150_5343_4443_5049; // "IPCDCSP1"

    [FieldOffset(0)]
    public ulong Magic;

    /// <summary>Identifies the type of the items.</summary>
    [FieldOffset(8)]
    public ulong ItemType;

    /// <summary>Random: which channel this is. Whoever takes several locks takes them in the order of these.</summary>
    [FieldOffset(16)]
    public ulong Id;

    /// <summary>How many bytes an item can have in an offer.</summary>
    [FieldOffset(24)]
    public int ItemSize;

    /// <summary>How many items the buffer has room for; 0: there is none.</summary>
    [FieldOffset(28)]
    public int Capacity;

    [FieldOffset(32)]
    public DeathPolicy DeathPolicy;

    /// <summary>How many bytes the buffer has room for.</summary>
    [FieldOffset(36)]
    public int CapacityInBytes;

    [FieldOffset(64)]
    public RobustLockState Lock;

    [FieldOffset(128)]
    public ChannelEnding Ending;

    /// <summary>No end beyond this one has ever been used. Only grows.</summary>
    [FieldOffset(132)]
    public int EndsUsed;

    /// <summary>No offer beyond this one has ever been used. Only grows.</summary>
    [FieldOffset(136)]
    public int OffersUsed;

    /// <summary>How the process in <see cref="CauseProcess"/> ended.</summary>
    [FieldOffset(140)]
    public int CauseExitCode;

    /// <summary>The process that the channel was poisoned for; 0: none. Written before <see cref="Ending"/>.</summary>
    [FieldOffset(144)]
    public ulong CauseProcess;

    /// <summary>The offer that was made last; the oldest are served first.</summary>
    [FieldOffset(152)]
    public long LastTicket;

    /// <summary>Items taken from the buffer, ever. Storing it takes them.</summary>
    [FieldOffset(160)]
    public long Head;

    /// <summary>Items put into the buffer, ever. Storing it puts them.</summary>
    [FieldOffset(168)]
    public long Tail;
}
