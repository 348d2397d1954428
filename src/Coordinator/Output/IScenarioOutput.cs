using IpcDemos.Coordinator.Running;
using IpcDemos.Coordinator.Scenarios;
using IpcDemos.Shared.Pools;

namespace IpcDemos.Coordinator.Output;

/// <summary>Where scenarios show what happens. Lines come from many threads; every member is safe to call from any.</summary>
internal interface IScenarioOutput
{
    /// <summary>Shows which scenarios there are.</summary>
    void List(IReadOnlyList<IScenario> scenarios);

    /// <summary>A scenario begins.</summary>
    void Start(IScenario scenario);

    /// <summary>A part of a scenario begins, for example the same once more over another transport.</summary>
    void Part(string scenario, string title);

    /// <summary>A process printed a line.</summary>
    void Line(string scenario, ScenarioLine line);

    /// <summary>Numbers for people to compare.</summary>
    void Chart(string title, IReadOnlyList<(string Label, double Value)> bars);

    /// <summary>Shows how far some work is while it is done, if there is somebody to look at it.</summary>
    Task ShowProgressAsync(string title, Func<IProgress<PoolProgress>, Task> work);

    /// <summary>A scenario has ended.</summary>
    void End(ScenarioResult result);

    /// <summary>The run has ended.</summary>
    void Finish(IReadOnlyList<ScenarioResult> results);
}
