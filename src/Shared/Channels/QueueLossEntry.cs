using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Channels;

/// <summary>A <see cref="QueueLoss"/> as it lies in shared memory.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct QueueLossEntry
{
    /// <summary>The process that ended.</summary>
    [FieldOffset(0)]
    public ulong Process;

    /// <summary>Its place among the members.</summary>
    [FieldOffset(8)]
    public int Member;

    /// <summary>How it ended; <see cref="int.MinValue"/> if that is not known.</summary>
    [FieldOffset(12)]
    public int ExitCode;

    [FieldOffset(16)]
    public long Taken;

    [FieldOffset(24)]
    public long Done;
}
