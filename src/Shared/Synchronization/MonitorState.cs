using System.Runtime.InteropServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// The beginning of every object that is guarded by a <see cref="SharedMonitor"/>. The object's own 64 bytes follow, then the
/// <see cref="Member"/>s. All zero is its initial state.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct MonitorState
{
    /// <summary>Guards everything that follows and the object's own state.</summary>
    [FieldOffset(0)]
    public RobustLockState Lock;

    /// <summary>Counts the changes of what waiters look at. Waiters park on this word.</summary>
    [FieldOffset(64)]
    public uint Version;

    /// <summary>1 if somebody may be parked on the present <see cref="Version"/>.</summary>
    [FieldOffset(68)]
    public uint HasWaiters;

    /// <summary>Belongs to <see cref="Version"/>.</summary>
    [FieldOffset(72)]
    public WaitCell Cell;

    /// <summary>How many entries of the member table have ever been in use; those behind are free.</summary>
    [FieldOffset(88)]
    public int MemberCount;
}
