using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Synchronization;

/// <summary>A <see cref="ProcessRecursiveLock"/> as it lies in shared memory.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct RecursiveLockState
{
    /// <summary>The lock itself; what follows belongs to its holder.</summary>
    [FieldOffset(0)]
    public RobustLockState Lock;

    /// <summary>
    /// Who holds it within the holder's process: the process number in the upper half, so that what a dead process left
    /// here means nobody in the next; a thread's managed number or, with the sign bit of the lower half set, that of an
    /// asynchronous flow.
    /// </summary>
    [FieldOffset(64)]
    public ulong Owner;

    /// <summary>How often the owner has acquired it.</summary>
    [FieldOffset(72)]
    public int Depth;
}
