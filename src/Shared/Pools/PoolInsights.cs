using System.Text.Json;

namespace IpcDemos.Shared.Pools;

/// <summary>Where a pool stands and where its time went, at the moment it was asked. Plain data: it can be serialized.</summary>
/// <param name="Workers">The workers that there are.</param>
/// <param name="EndedWorkers">Those that have ended, at most the last 32, oldest first.</param>
/// <param name="Pending">How many tasks wait for a worker.</param>
/// <param name="SlowestTasks">The five longest tasks so far, longest first.</param>
public sealed record PoolInsights(
    IReadOnlyList<WorkerInsights> Workers,
    IReadOnlyList<WorkerInsights> EndedWorkers,
    int Pending,
    IReadOnlyList<SlowTask> SlowestTasks)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>For people: one line for each worker, and one for each of the slowest tasks.</summary>
    public string ToTable() => InsightsTable.Of(this);

    /// <summary>For programs: an object with this record's members, in camel case; times as <c>hh:mm:ss.fffffff</c>.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);
}
