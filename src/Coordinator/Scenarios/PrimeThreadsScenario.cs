using IpcDemos.Coordinator.Running;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>A thread per number; one of them fails, and neither the others nor the program mind.</summary>
internal sealed class PrimeThreadsScenario : IScenario
{
    // The last one is no number to ask about, which its thread finds out when it is too late.
    private static readonly int[] s_numbers = [2, 193, 323, 1327, 433785907, -1];

    public string Name => "prime-threads";

    public string Summary => "a thread per number finds out whether it is prime; one of them fails alone";

    public Task RunAsync(ScenarioContext context)
    {
        Thread[] threads = [.. s_numbers.Select((number, index) => new Thread(() => Run(context, number)) { Name = $"Thread-{index + 1}" })];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        context.Print("Finished.");

        context.Check(context.Lines[^1] == "Finished.", $"The last line should be 'Finished.'; it was '{context.Lines[^1]}'.");
        context.CheckLinesInAnyOrder(
            context.Lines.Select(line => line.StartsWith("Exception in thread Thread-6: ", StringComparison.Ordinal) ? "exception" : line),
            [
                .. s_numbers.Select(number => $"Starting processing {number}..."),
                "2 is prime", "193 is prime", "323 is not prime", "1327 is prime", "433785907 is prime",
                "exception",
                "Finished.",
            ]);
        return Task.CompletedTask;
    }

    private static void Run(ScenarioContext context, int number)
    {
        // An exception that leaves a thread's method would end the whole process. In Python it ends the thread, after a report.
        try
        {
            context.Print($"Starting processing {number}...");
            context.Print(IsPrime(number) ? $"{number} is prime" : $"{number} is not prime");
        }
        catch (Exception exception)
        {
            context.Print($"Exception in thread {Thread.CurrentThread.Name}: {exception.GetType().Name}: {FirstLine(exception.Message)}");
        }
    }

    private static string FirstLine(string text) => text.Split('\n')[0].TrimEnd();

    private static bool IsPrime(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        for (int divisor = 2; (long)divisor * divisor <= number; divisor++)
        {
            if (number % divisor == 0)
            {
                return false;
            }
        }

        return number >= 2;
    }
}
