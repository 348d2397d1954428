using CliWrap;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Running;

/// <summary>Where a scenario's worker reads from and writes to, if not as usual.</summary>
internal sealed record WorkerStreamOptions
{
    /// <summary>What it reads; nothing unless set.</summary>
    public PipeSource? StandardInput { get; init; }

    /// <summary>Where its standard output goes; its lines are lines of the scenario unless set.</summary>
    public WorkerOutput? StandardOutput { get; init; }

    /// <summary>Whether its lines on standard error are lines of the scenario too. They go to the coordinator's standard error unless set.</summary>
    public bool PrintsStandardError { get; init; }
}
