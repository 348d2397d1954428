using System.Runtime.InteropServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <summary>A <see cref="ProcessEvent"/> as it lies in shared memory. All zero is an event that is not set.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct EventState
{
    /// <summary>
    /// Bit 0: set. Bit 1: somebody may be parked. Bits 2 to 31: how often the event was set and reset again, by which a
    /// waiter that was asleep meanwhile knows of it. Waiters park on this word.
    /// </summary>
    [FieldOffset(0)]
    public uint Word;

    /// <summary>Belongs to <see cref="Word"/>.</summary>
    [FieldOffset(8)]
    public WaitCell Cell;
}
