using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Processes have names: numbered as they are made, or given.</summary>
internal sealed class ProcessNamesScenario : IScenario
{
    private static readonly int[] s_numbers = [5, 10, 15, 20, 25];

    public string Name => "process-names";

    public string Summary => "processes with default names and one with a name of its own; the first is made but never started";

    public async Task RunAsync(ScenarioContext context)
    {
        WorkerProcess neverStarted = context.CreateWorker(Double, 5);
        WorkerProcess[] workers = [.. s_numbers.Append(2).Select(number => context.CreateWorker(Double, number))];
        workers[^1].Name = "Test";
        Array.ForEach(workers, worker => worker.Start());
        await context.JoinAsync(workers);

        context.Check(neverStarted.ProcessId is null, "The first process should never have been started.");
        context.CheckLinesInAnyOrder(
            context.Lines,
            "5 doubled to 10 by: Process-2",
            "10 doubled to 20 by: Process-3",
            "15 doubled to 30 by: Process-4",
            "20 doubled to 40 by: Process-5",
            "25 doubled to 50 by: Process-6",
            "2 doubled to 4 by: Test");
    }

    private static void Double(int number) => Console.WriteLine($"{number} doubled to {number * 2} by: {WorkerProcess.Current.Name}");
}
