using System.ComponentModel;
using System.Diagnostics;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Processes;

/// <summary>
/// Finds the worker processes of this user, whichever program started them. The system's own process table is the register:
/// each worker's command line says what it is, so that there is nothing to leave behind.
/// </summary>
public static class ProcessRegistry
{
    /// <summary>The running workers of this user, oldest first. Takes some milliseconds. Thread-safe.</summary>
    public static IReadOnlyList<RunningWorker> List() =>
        [.. ProcessTable.Find(WorkerHost.Marker).Select(Describe).OfType<RunningWorker>().OrderBy(worker => worker.StartTime)];

    private static RunningWorker? Describe(ProcessEntry entry)
    {
        int marker = entry.Arguments.IndexOf(WorkerHost.Marker);
        if (marker < 0 || entry.Arguments.Count < marker + 4)
        {
            return null;
        }

        string name = entry.Arguments[marker + 2];
        string call = entry.Arguments[marker + 3].TrimEnd(); // what a worker is at may change, and was given room for that
        if (ProcessTitle.Of(entry.ProcessId) is [string changedName, string changedCall])
        {
            (name, call) = (changedName, changedCall);
        }

        try
        {
            using var process = Process.GetProcessById(entry.ProcessId);
            return new RunningWorker(
                name,
                entry.ProcessId,
                entry.ParentProcessId,
                call,
                new DateTimeOffset(process.StartTime),
                process.TotalProcessorTime,
                process.WorkingSet64);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null; // it has ended since it was found
        }
    }

    private static int IndexOf(this IReadOnlyList<string> list, string value)
    {
        for (int index = 0; index < list.Count; index++)
        {
            if (list[index] == value)
            {
                return index;
            }
        }

        return -1;
    }
}
