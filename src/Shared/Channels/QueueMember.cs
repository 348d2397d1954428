using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// A process that has a queue open, as it lies in the queue's shared memory. Only that process writes it, or whoever has
/// proof that it has ended. Free entries keep their tallies, so that the sums over all entries are those of all time.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct QueueMember
{
    /// <summary>The process; 0: the entry is free.</summary>
    [FieldOffset(0)]
    public ulong Process;

    /// <summary>Items taken through this entry, ever. Written under the lock of the head.</summary>
    [FieldOffset(8)]
    public long Taken;

    /// <summary>Other than <see cref="Taken"/>: a take is under way; what <see cref="Taken"/> will be after it.</summary>
    [FieldOffset(16)]
    public long NextTaken;

    /// <summary>Where that take moves the head.</summary>
    [FieldOffset(24)]
    public ulong NextHead;

    /// <summary>Items marked done through this entry, or lost with a process that had it.</summary>
    [FieldOffset(32)]
    public long Done;

    /// <summary>What <see cref="Taken"/> was when the process joined.</summary>
    [FieldOffset(40)]
    public long TakenBefore;

    /// <summary>What <see cref="Done"/> was when the process joined.</summary>
    [FieldOffset(48)]
    public long DoneBefore;

    /// <summary>Whether and how the process has left the queue before its end.</summary>
    [FieldOffset(56)]
    public QueueLeaving Left;
}
