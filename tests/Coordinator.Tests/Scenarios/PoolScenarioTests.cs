using System.Text.Json;

namespace IpcDemos.Coordinator.Tests.Scenarios;

public sealed class PoolScenarioTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_pool_of_three_doubles_three_numbers()
    {
        Assert.Equal(["[10,20,40]"], await ScenarioRun.LinesAsync("pool"));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_result_tells_of_the_pool_s_workers()
    {
        ProgramResult result = await CoordinatorProgram.RunAsync("--scenario", "pool", "--json");

        JsonElement[] workers = [.. result.Records()[^1].GetProperty("workers").EnumerateArray()];
        Assert.InRange(workers.Length, 1, 3);
        Assert.All(workers, worker => Assert.StartsWith("PoolWorker-", worker.GetProperty("name").GetString(), StringComparison.Ordinal));
        Assert.All(workers, worker => Assert.Equal(0, worker.GetProperty("exitCode").GetInt32()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Futures_end_in_every_way_there_is()
    {
        IReadOnlyList<string> texts = await ScenarioRun.LinesAsync("executor");

        Assert.Equal("submitted: 2 doubled is 4", texts[0]);
        Assert.Equal(
            ["completed: 10 doubled is 20", "completed: 20 doubled is 40", "completed: 5 doubled is 10"],
            texts.Skip(1).Take(3).Order(StringComparer.Ordinal));
        Assert.Equal(
            [
                "timed out: ExecutorScenario.WaitForever was stopped",
                "cancelled: the task was running, and its worker lives on",
                "failed: System.InvalidOperationException: 13 brings bad luck, in ExecutorScenario.Double",
            ],
            texts.Skip(4));
    }
}
