using System.Runtime.InteropServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Channels;

/// <summary>A <see cref="WakeGate"/> as it lies in shared memory. All zero is one that nobody waits at.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct GateState
{
    /// <summary>Odd: somebody may be parked. Even: nobody is. Every transition adds 1.</summary>
    [FieldOffset(0)]
    public uint Word;

    /// <summary>Belongs to <see cref="Word"/>.</summary>
    [FieldOffset(8)]
    public WaitCell Cell;
}
