using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// What a <see cref="ProcessBarrier"/> keeps beside its monitor. A member's <see cref="Member.Value"/> is how many parties of
/// the process have arrived in the present generation.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct BarrierState
{
    /// <summary>How many parties make a cycle.</summary>
    [FieldOffset(0)]
    public int Parties;

    /// <summary>How many have arrived in the present generation.</summary>
    [FieldOffset(4)]
    public int Arrived;

    /// <summary>Counts the cycles, completed or broken; each ends by the store that counts this up.</summary>
    [FieldOffset(8)]
    public uint Generation;

    /// <summary>What parties that arrive find.</summary>
    [FieldOffset(12)]
    public BarrierPhase Phase;

    /// <summary>Bit g modulo 64 is set if generation g was broken: a party that wakes late learns how its own cycle ended.</summary>
    [FieldOffset(16)]
    public ulong BrokenGenerations;

    /// <summary>The process that has the action, and has to run it; 0: there is none.</summary>
    [FieldOffset(24)]
    public ulong ActionProcess;

    /// <summary>The default time-out in ticks; negative: none.</summary>
    [FieldOffset(32)]
    public long TimeoutTicks;

    /// <summary>What last broke the barrier.</summary>
    [FieldOffset(40)]
    public BarrierBreak Break;

    /// <summary>The process that broke it.</summary>
    [FieldOffset(44)]
    public int BreakProcessId;

    /// <summary>How that process ended, if it was its end that broke it; <see cref="int.MinValue"/> if not known.</summary>
    [FieldOffset(48)]
    public int BreakExitCode;

    /// <summary>
    /// How many of those that have arrived in the present generation have the action: another object in the process that has it may not.
    /// </summary>
    [FieldOffset(52)]
    public int Actors;
}
