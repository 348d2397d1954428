using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Inspection;

/// <summary>The workers that ran at one moment, oldest first, and the managers' servers among them or elsewhere.</summary>
internal sealed record Snapshot(DateTimeOffset Time, IReadOnlyList<RunningWorker> Workers, IReadOnlyList<RunningManager> Managers)
{
    public static async Task<Snapshot> TakeAsync(CancellationToken cancellationToken)
    {
        Task<IReadOnlyList<RunningManager>> managers = ManagerRegistry.ListAsync(cancellationToken: cancellationToken);
        return new Snapshot(DateTimeOffset.Now, ProcessRegistry.List(), await managers);
    }
}
