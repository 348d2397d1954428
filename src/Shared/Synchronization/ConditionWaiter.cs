using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Synchronization;

/// <summary>One who waits on a <see cref="ProcessCondition"/>, as it lies in shared memory.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct ConditionWaiter
{
    /// <summary>The process; 0: the entry is free. Written last when an entry is taken, so that none is ever half there.</summary>
    [FieldOffset(0)]
    public ulong Process;

    /// <summary>The wait's number: who has the lowest is notified first.</summary>
    [FieldOffset(8)]
    public ulong Ticket;

    /// <summary>Bit 0: notified. Bit 1: the waiter may be parked, on this word with bit 1 alone.</summary>
    [FieldOffset(16)]
    public uint Word;

    /// <summary>Whether the wait is over.</summary>
    public readonly bool IsNotified => (Word & 1) != 0;
}
