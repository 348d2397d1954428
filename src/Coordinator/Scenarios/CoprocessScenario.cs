using System.Globalization;
using CliWrap;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Two programs at once, as in a shell: <c>numbers | double</c>. What the one writes, the other reads as it comes.</summary>
internal sealed class CoprocessScenario : IScenario
{
    public string Name => "coprocess";

    public string Summary => "numbers | double: two worker processes, the second reads what the first writes";

    public async Task RunAsync(ScenarioContext context)
    {
        WorkerProcess numbers = context.CreateWorker(new() { StandardOutput = WorkerOutput.ToInput(out PipeSource input) }, WriteNumbers);
        WorkerProcess doubles = context.CreateWorker(new() { StandardInput = input }, DoubleNumbers);
        numbers.Start();
        doubles.Start();
        await context.JoinAsync(numbers, doubles);

        context.CheckLines(context.Lines, "1 -> 2", "2 -> 4", "3 -> 6", "4 -> 8", "5 -> 10");
        context.CheckLines(context.LinesOf(doubles), context.Lines);
    }

    private static void WriteNumbers()
    {
        for (int number = 1; number <= 5; number++)
        {
            Console.WriteLine(number);
        }
    }

    private static void DoubleNumbers()
    {
        while (Console.ReadLine() is { } line)
        {
            Console.WriteLine($"{line} -> {int.Parse(line, CultureInfo.InvariantCulture) * 2}");
        }
    }
}
