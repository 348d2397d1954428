using System.ComponentModel;
using System.Diagnostics;

namespace IpcDemos.Shared.Platform;

/// <summary>What a running process has used so far. Nothing, if it has ended meanwhile.</summary>
internal static class ProcessMeter
{
    /// <summary>The most memory that it has occupied at any time (RSS), in bytes.</summary>
    /// <remarks>macOS does not tell it: there, what it occupies now.</remarks>
    public static long PeakMemory(int processId) =>
        Read(processId, static process => OperatingSystem.IsMacOS() ? process.WorkingSet64 : process.PeakWorkingSet64);

    public static TimeSpan ProcessorTime(int processId) => Read(processId, static process => process.TotalProcessorTime);

    private static T Read<T>(int processId, Func<Process, T> read)
        where T : struct
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return read(process);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or Win32Exception or NotSupportedException)
        {
            return default;
        }
    }
}
