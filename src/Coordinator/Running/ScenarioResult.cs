namespace IpcDemos.Coordinator.Running;

/// <summary>How a scenario ended.</summary>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="Failures">What did not hold, in the order it was found; none if all is well.</param>
/// <param name="Elapsed">From before its first line until its last process was gone.</param>
/// <param name="Workers">The worker processes it started, in the order it made them.</param>
internal sealed record ScenarioResult(
    string Scenario, IReadOnlyList<string> Failures, TimeSpan Elapsed, IReadOnlyList<WorkerExit> Workers)
{
    /// <summary>Whether every check held.</summary>
    public bool Ok => Failures.Count == 0;
}
