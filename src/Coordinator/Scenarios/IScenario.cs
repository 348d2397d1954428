using IpcDemos.Coordinator.Running;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>
/// A demo that checks itself. Each is one file with both sides of it: what the coordinator does, and the methods that run in
/// worker processes.
/// </summary>
internal interface IScenario
{
    /// <summary>What it is called on the command line.</summary>
    string Name { get; }

    /// <summary>What it does, in one line.</summary>
    string Summary { get; }

    /// <summary>Runs it. What does not hold is told to the context; an exception fails the scenario too.</summary>
    Task RunAsync(ScenarioContext context);
}
