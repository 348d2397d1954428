using System.Runtime.InteropServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Csp;

/// <summary>Where a choice waits and is decided, as it lies in shared memory. All zero is a closed one.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct SlotState
{
    /// <summary>See <see cref="SlotWord"/>.</summary>
    [FieldOffset(0)]
    public uint Word;

    /// <summary>Belongs to <see cref="Word"/>.</summary>
    [FieldOffset(8)]
    public WaitCell Cell;
}
