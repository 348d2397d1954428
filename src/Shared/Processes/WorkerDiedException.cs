namespace IpcDemos.Shared.Processes;

/// <summary>
/// A worker ended before its call had: it was killed, it crashed, or it ended itself. The call's result does not exist.
/// </summary>
public sealed class WorkerDiedException : Exception
{
    internal WorkerDiedException(
        string processName,
        int? processId,
        int exitCode,
        string lastErrorLines,
        string? task = null,
        string arguments = "",
        long peakMemory = 0)
        : base($"{processName} (PID {processId}) ended before {task ?? "its call"}{(arguments.Length == 0 ? "" : $"({arguments})")} did: "
            + $"{ExitCodes.InWords(exitCode)}."
            + (peakMemory == 0 ? "" : $" It was seen to occupy up to {peakMemory >> 20} MiB of memory.")
            + (lastErrorLines.Length == 0 ? "" : $" Its last lines on standard error:{Environment.NewLine}{lastErrorLines}"))
    {
        ProcessName = processName;
        ProcessId = processId;
        ExitCode = exitCode;
        LastErrorLines = lastErrorLines;
        Task = task;
        Arguments = arguments;
        PeakMemory = peakMemory == 0 ? null : peakMemory;
    }

    /// <summary>What it ran for a pool, such as <c>Program.Double</c>; <see langword="null"/> outside of pools.</summary>
    public string? Task { get; }

    /// <summary>
    /// That task's arguments in words, such as <c>21, "hello"</c>, of long ones the beginning; empty if it had none, or more than a few
    /// kilobytes, and outside of pools.
    /// </summary>
    public string Arguments { get; }

    /// <summary>The worker's name.</summary>
    public string ProcessName { get; }

    /// <summary>The worker's process id.</summary>
    public int? ProcessId { get; }

    /// <summary>The exit code; −N if signal N ended it.</summary>
    public int ExitCode { get; }

    /// <summary>
    /// The most memory that a pool's worker was seen to occupy (RSS), in bytes: it is looked at when it is ready, and ten times a second
    /// while it works. <see langword="null"/> if it was not seen, and outside of pools.
    /// </summary>
    public long? PeakMemory { get; }

    /// <summary>What it wrote last on standard error; empty if nothing.</summary>
    public string LastErrorLines { get; }
}
