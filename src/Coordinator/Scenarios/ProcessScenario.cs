using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>The simplest use of processes: each runs a method with an argument.</summary>
internal sealed class ProcessScenario : IScenario
{
    private static readonly string[] s_others = ["America", "Europe", "Africa"];

    public string Name => "process";

    public string Summary => "a process per continent, the first with the default argument";

    public async Task RunAsync(ScenarioContext context)
    {
        WorkerProcess[] workers =
        [
            context.CreateWorker(() => PrintContinent()),
            .. s_others.Select(name => context.CreateWorker(PrintContinent, name)),
        ];
        Array.ForEach(workers, worker => worker.Start());
        await context.JoinAsync(workers);

        context.CheckLinesInAnyOrder(
            context.Lines, from name in s_others.Append("Asia") select $"The name of continent is : {name}");
    }

    private static void PrintContinent(string continent = "Asia") => Console.WriteLine($"The name of continent is : {continent}");
}
