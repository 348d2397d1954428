using System.Runtime.InteropServices;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// The beginning of a queue in shared memory; <see cref="QueueLayout"/> says what follows. What producers write, what
/// consumers write and what both read lies on different pairs of cache lines (processors fetch them in pairs).
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 1024)]
internal struct QueueState
{
    /// <summary>Says that this is a queue, and in which version.</summary>
    public const ulong CurrentMagic = 0x3145_5551_4443_5049; // "IPCDQUE1"

    [FieldOffset(0)]
    public ulong Magic;

    /// <summary>Identifies the type of the items.</summary>
    [FieldOffset(8)]
    public ulong ItemType;

    /// <summary>Size of a unit of the ring in bytes: 8, or that of an item if all items have the same.</summary>
    [FieldOffset(16)]
    public uint UnitSize;

    /// <summary>How many units the ring has, a power of two.</summary>
    [FieldOffset(20)]
    public uint Units;

    [FieldOffset(24)]
    public uint MaximumItems;

    [FieldOffset(28)]
    public QueueFullMode FullMode;

    /// <summary>Held while putting.</summary>
    [FieldOffset(128)]
    public RobustLockState TailLock;

    /// <summary>What has been put: a <see cref="RingPosition"/>. Storing it publishes the items before it. Under the tail's lock.</summary>
    [FieldOffset(192)]
    public ulong Tail;

    /// <summary>A former value of <see cref="Head"/>, to look at that less often. Under the tail's lock.</summary>
    [FieldOffset(200)]
    public ulong KnownHead;

    /// <summary>Not 0: nothing is put any more. Under the tail's lock.</summary>
    [FieldOffset(208)]
    public int Completed;

    /// <summary>Items that were dropped because there was no room. Under the tail's lock.</summary>
    [FieldOffset(216)]
    public long Dropped;

    /// <summary>Held while taking.</summary>
    [FieldOffset(256)]
    public RobustLockState HeadLock;

    /// <summary>What has been taken: a <see cref="RingPosition"/>. Storing it takes the items before it. Under the head's lock.</summary>
    [FieldOffset(320)]
    public ulong Head;

    /// <summary>A former value of <see cref="Tail"/>, to look at that less often. Under the head's lock.</summary>
    [FieldOffset(328)]
    public ulong KnownTail;

    /// <summary>Where consumers wait for items.</summary>
    [FieldOffset(384)]
    public GateState Items;

    /// <summary>Where producers wait for room.</summary>
    [FieldOffset(448)]
    public GateState Room;

    /// <summary>Where those wait who want all items to be marked done.</summary>
    [FieldOffset(512)]
    public GateState Tasks;

    /// <summary>Held while processes join and while dead ones are taken off.</summary>
    [FieldOffset(576)]
    public RobustLockState MembersLock;

    /// <summary>No member beyond this one has ever been used. Only grows.</summary>
    [FieldOffset(640)]
    public int MembersUsed;

    /// <summary>How many losses have been recorded, ever. Under the members' lock.</summary>
    [FieldOffset(644)]
    public int Losses;

    /// <summary>Not 0: somebody has marked items done or waited for that.</summary>
    [FieldOffset(648)]
    public int TracksTasks;
}
