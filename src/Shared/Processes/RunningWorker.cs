namespace IpcDemos.Shared.Processes;

/// <summary>A worker process that runs on this machine, as it was at the moment it was looked at.</summary>
/// <param name="Name">
/// The name its creator gave it; of a spare or a pool's worker the first 30 characters. On macOS a process keeps the one it was started
/// with: a spare is "(spare)" there even when it has become a worker.
/// </param>
/// <param name="ProcessId">Its process id.</param>
/// <param name="ParentProcessId">Its creator's.</param>
/// <param name="Call">What it runs: the method's name.</param>
/// <param name="StartTime">When it was started.</param>
/// <param name="ProcessorTime">How much processor time it has used.</param>
/// <param name="WorkingSet">How many bytes of memory it occupies (RSS).</param>
public sealed record RunningWorker(
    string Name,
    int ProcessId,
    int ParentProcessId,
    string Call,
    DateTimeOffset StartTime,
    TimeSpan ProcessorTime,
    long WorkingSet);
