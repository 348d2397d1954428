using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// What a system whose kernel cannot wait on shared memory itself (Windows) keeps beside a word that processes wait on.
/// All zero is its initial state. Unused elsewhere, but always there, so that layouts do not depend on the system.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct WaitCell
{
    /// <summary>How often waiters have been woken: those who wait during one generation share one kernel event.</summary>
    [FieldOffset(0)]
    public uint Generation;

    /// <summary>Random part of the kernel events' names; 0 until somebody has waited.</summary>
    [FieldOffset(8)]
    public ulong Key;
}
