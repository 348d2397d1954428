using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Inspection;

/// <summary>The workers that ran at one moment, oldest first, and the managers' servers among them or elsewhere.</summary>
/// <param name="Time">When.</param>
/// <param name="Workers">The workers.</param>
/// <param name="Managers">The servers.</param>
/// <param name="Problem">Why servers could not be looked for; null as a rule.</param>
internal sealed record Snapshot(
    DateTimeOffset Time, IReadOnlyList<RunningWorker> Workers, IReadOnlyList<RunningManager> Managers, string? Problem)
{
    public static async Task<Snapshot> TakeAsync(CancellationToken cancellationToken)
    {
        Task<IReadOnlyList<RunningManager>> managers = ManagerRegistry.ListAsync(cancellationToken: cancellationToken);
        DateTimeOffset time = DateTimeOffset.Now;
        IReadOnlyList<RunningWorker> workers = ProcessRegistry.List();
        try
        {
            return new Snapshot(time, workers, await managers, null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Workers are found in another way, and are not to be hidden because the system does not list its pipes or sockets.
            return new Snapshot(time, workers, [], $"Managers cannot be looked for: {error.Message}");
        }
    }
}
