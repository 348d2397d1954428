using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Named values that a worker changes and the coordinator sees change.</summary>
internal sealed class ManagerNamespaceScenario : IScenario
{
    public string Name => "manager-namespace";

    public string Summary => "a manager's namespace: a worker does x += 5 and y *= 10";

    public async Task RunAsync(ScenarioContext context)
    {
        await using Manager manager = await Manager.StartAsync(cancellationToken: context.CancellationToken);
        using SharedNamespace space = manager.CreateNamespace(new Dictionary<string, object?> { ["x"] = 1, ["y"] = 1 });
        context.Print($"before {space}");
        WorkerProcess worker = context.CreateWorker(Change, space);
        worker.Start();
        await context.JoinAsync(worker);
        context.Print($"after {space}");

        context.CheckLines(context.Lines, "before Namespace(x = 1, y = 1)", "after Namespace(x = 6, y = 10)");
    }

    // Each is one step for all others, too: what somebody else did in between would not be lost.
    private static void Change(SharedNamespace space)
    {
        _ = space.Increment("x", 5);
        _ = space.Update<int>("y", y => y * 10);
    }
}
