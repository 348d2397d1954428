using System.Runtime.InteropServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <summary>A <see cref="RobustLock"/> as it lies in shared memory. All zero is a free lock.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct RobustLockState
{
    /// <summary>
    /// 0: free. Otherwise the holder's <see cref="ProcessIdentity.Packed"/>, that is its process number in bits 0 to 30 and
    /// its start time in bits 32 to 63, and in bit 31 whether somebody may be parked. One word, so that there is no instant
    /// at which the lock is taken but its holder unknown. Parked waiters wait on the lower half.
    /// </summary>
    [FieldOffset(0)]
    public ulong Holder;

    /// <summary>Belongs to the lower half of <see cref="Holder"/>.</summary>
    [FieldOffset(8)]
    public WaitCell Cell;

    /// <summary>Who last died holding the lock; 0: nobody yet. Written by the next holder, while it holds.</summary>
    [FieldOffset(24)]
    public ulong Abandoner;

    /// <summary>How it ended; <see cref="int.MinValue"/> if that is not known.</summary>
    [FieldOffset(32)]
    public int AbandonerExitCode;
}
