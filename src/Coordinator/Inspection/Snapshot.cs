using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Inspection;

/// <summary>The workers that ran at one moment, oldest first.</summary>
internal sealed record Snapshot(DateTimeOffset Time, IReadOnlyList<RunningWorker> Workers)
{
    public static Snapshot Take() => new(DateTimeOffset.Now, ProcessRegistry.List());
}
