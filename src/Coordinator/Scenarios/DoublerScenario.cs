using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>A process per number; each tells its id.</summary>
internal sealed class DoublerScenario : IScenario
{
    private static readonly int[] s_numbers = [5, 10, 15, 20, 25];

    public string Name => "doubler";

    public string Summary => "a process per number doubles it and tells its process id";

    public async Task RunAsync(ScenarioContext context)
    {
        WorkerProcess[] workers = [.. s_numbers.Select(number => context.CreateWorker(Double, number))];
        Array.ForEach(workers, worker => worker.Start());
        await context.JoinAsync(workers);

        foreach ((int number, WorkerProcess worker) in s_numbers.Zip(workers))
        {
            context.CheckLines(context.LinesOf(worker), $"{number} doubled to {number * 2} by process id: {worker.ProcessId}");
        }
    }

    private static void Double(int number) =>
        Console.WriteLine($"{number} doubled to {number * 2} by process id: {Environment.ProcessId}");
}
