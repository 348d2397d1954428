using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Pools;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>A pool of three worker processes doubles three numbers.</summary>
internal sealed class PoolScenario : IScenario
{
    public string Name => "pool";

    public string Summary => "a pool of three worker processes doubles three numbers";

    public async Task RunAsync(ScenarioContext context)
    {
        await using ProcessPool pool = context.CreatePool(new ProcessPoolOptions { WorkerCount = 3 });
        int[] doubled = [];
        await context.ShowProgressAsync("doubled", async progress => doubled = await pool.MapAsync(
            Double, [5, 10, 20], new PoolMapOptions { Progress = progress }, context.CancellationToken));
        context.Print($"[{string.Join(",", doubled)}]");
        await pool.CompleteAsync();

        context.CheckLines(context.Lines, "[10,20,40]");
    }

    private static int Double(int number) => number * 2;
}
