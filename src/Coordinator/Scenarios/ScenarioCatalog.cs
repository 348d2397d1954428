namespace IpcDemos.Coordinator.Scenarios;

/// <summary>All scenarios, in the order of the course.</summary>
internal static class ScenarioCatalog
{
    public static IReadOnlyList<IScenario> All { get; } =
    [
        new ThreadsScenario(),
        new ThreadClassScenario(),
        new PrimeThreadsScenario(),
        new QueueScenario(),
        new PipeScenario(),
        new ManagerListScenario(),
        new ManagerNamespaceScenario(),
        new ValueArrayScenario(),
        new CspScenario(),
        new RefCountScenario(),
        new GilScenario(),
        new AsyncScenario(),
        new ProcessScenario(),
        new CoroutineScenario(),
        new AsyncHttpScenario(),
        new DoublerScenario(),
        new ProcessNamesScenario(),
        new LockScenario(),
        new LoggingScenario(),
        new PoolScenario(),
        new CreatorConsumerScenario(),
        new LambdaScenario(),
        new CoprocessScenario(),
        new SharedMemoryScenario(),
        new SynchronizationScenario(),
        new CrashScenario(),
        new ListenerScenario(),
        new RemoteManagerScenario(),
        new ExecutorScenario(),
    ];

    /// <summary>The scenario of exactly this name, if there is one.</summary>
    public static IScenario? Find(string name) => All.FirstOrDefault(scenario => scenario.Name == name);
}
