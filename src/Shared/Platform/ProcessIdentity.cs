using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// One process for all time: its number and when it started. Numbers are used again after a process has ended; the pair
/// is not.
/// </summary>
/// <param name="ProcessId">The operating system's process number; 0 names no process.</param>
/// <param name="StartTime">
/// When the process started, in a unit of the operating system (Linux: clock ticks since boot; Windows and macOS:
/// milliseconds), cut to 32 bits so that number and time fit in one 64-bit shared word and change together.
/// </param>
internal readonly partial record struct ProcessIdentity(int ProcessId, uint StartTime)
{
    /// <summary>The identity of this process.</summary>
    public static readonly ProcessIdentity Current = FindCurrent();

    /// <summary>Both parts in one word, the process number in the lower half; 0 for no process.</summary>
    public ulong Packed => ((ulong)StartTime << 32) | (uint)ProcessId;

    /// <summary>
    /// Whether the process still runs. One that has ended but was not yet waited for by its parent (a zombie) does not;
    /// one that we are not allowed to look at counts as running, since only proof makes a process dead. Costs some
    /// microseconds; never blocks.
    /// </summary>
    public bool IsAlive => this == Current || Look(ProcessId, out uint startTime) switch
    {
        Existence.Running => startTime == StartTime,
        Existence.Ended => false,
        _ => true,
    };

    /// <summary>The identity that <see cref="Packed"/> made.</summary>
    public static ProcessIdentity FromPacked(ulong packed) => new((int)(uint)packed, (uint)(packed >> 32));

    /// <summary>The identity of a process that runs now, or <see langword="null"/> if there is none with that number.</summary>
    /// <remarks>Only right while the caller knows that the number still belongs to the process it means, as a parent does.</remarks>
    public static ProcessIdentity? Of(int processId) =>
        Look(processId, out uint startTime) == Existence.Running ? new ProcessIdentity(processId, startTime) : null;

    /// <summary>Linux: the wait status of a process that has ended but was not yet waited for; null if it cannot be known.</summary>
    public static int? WaitStatus(ProcessIdentity process) => Linux.WaitStatus(process);

    /// <summary>For people: the process number.</summary>
    public override string ToString() => $"process {ProcessId}";

    private static ProcessIdentity FindCurrent() =>
        Of(Environment.ProcessId) ?? throw new PlatformNotSupportedException(
            $"The start time of this process ({Environment.ProcessId}) cannot be read; on Linux /proc must be mounted.");

    private static Existence Look(int processId, out uint startTime)
    {
        startTime = 0;
        if (processId <= 0)
        {
            return Existence.Ended;
        }

        return OperatingSystem.IsLinux() ? Linux.Look(processId, out startTime)
            : OperatingSystem.IsWindows() ? Windows.Look(processId, out startTime)
            : OperatingSystem.IsMacOS() ? MacOS.Look(processId, out startTime)
            : throw new PlatformNotSupportedException($"Processes cannot be identified on {RuntimeInformation.OSDescription}.");
    }

    private enum Existence
    {
        Ended,
        Running,
        Unknown,
    }
}
