using System.Runtime.InteropServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <summary>A <see cref="ProcessCondition"/> as it lies in shared memory; the waiters follow. All zero is its initial state.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct ConditionState
{
    /// <summary>The number of the last wait that has begun.</summary>
    [FieldOffset(0)]
    public ulong LastTicket;

    /// <summary>How many entries for waiters have ever been in use; those behind are free.</summary>
    [FieldOffset(8)]
    public int WaiterCount;

    /// <summary>Belongs to the words of all waiters together.</summary>
    [FieldOffset(16)]
    public WaitCell Cell;
}
