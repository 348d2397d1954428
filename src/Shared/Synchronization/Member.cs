using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Synchronization;

/// <summary>A process that uses a <see cref="SharedMonitor"/>, as it lies in shared memory.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct Member
{
    /// <summary>The process; 0: the entry is free. Written last when an entry is taken, and when it is given up.</summary>
    [FieldOffset(0)]
    public ulong Process;

    /// <summary>What the object above keeps per process; 0 in a free entry.</summary>
    [FieldOffset(8)]
    public int Value;

    /// <summary>How many objects of the process take part through this entry, which it keeps until they do not; 0 in a free entry.</summary>
    [FieldOffset(12)]
    public int Users;
}
