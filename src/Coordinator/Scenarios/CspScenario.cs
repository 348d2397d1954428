using System.Diagnostics;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Csp;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Communicating sequential processes: in parallel, in a pipeline, and choosing between channels.</summary>
internal sealed class CspScenario : IScenario
{
    private const int Numbers = 30;
    private static readonly string[] s_names = ["P1", "P2"];

    public string Name => "csp";

    public string Summary => "CSP: processes in parallel, a pipeline that ends by retiring, a choice with a time-out";

    public async Task RunAsync(ScenarioContext context)
    {
        await WaitInParallelAsync(context);
        await RunPipelineAsync(context);
        await ChooseAsync(context);
        context.Print("Terminating");

        context.CheckLinesInAnyOrder(context.Lines.Take(2), s_names.Select(name => $"{name} exiting"));
        context.CheckLines(context.Lines.Skip(2), "Terminating");
    }

    private static async Task WaitInParallelAsync(ScenarioContext context)
    {
        // They begin to wait when both have started, for how long that takes is no matter of theirs.
        using var started = new CspChannel<string>();
        using var go = new CspChannel<int>();
        using ReadEnd<string> startedReader = started.CreateReader();
        using WriteEnd<int> goWriter = go.CreateWriter();
        Task<object?[]> network = RunAsync(
            context, [.. s_names.Select(name => Process(context, Wait, name, context.D(), started.CreateWriter(), go.CreateReader()))]);
        foreach (string _ in s_names)
        {
            await startedReader.ReadAsync(cancellationToken: context.CancellationToken);
        }

        for (int number = 0; number < s_names.Length; number++)
        {
            await goWriter.WriteAsync(number, cancellationToken: context.CancellationToken);
        }

        (long Begun, long Ended)[] waits = [.. (await network).Cast<(long, long)>()];
        TimeSpan together = Stopwatch.GetElapsedTime(waits.Min(wait => wait.Begun), waits.Max(wait => wait.Ended));

        // Where others want the processors too, whoever sleeps is woken late: then it is enough that neither had waited before the other began.
        bool atOnce = waits.Max(wait => wait.Begun) < waits.Min(wait => wait.Ended);
        context.Check(
            together < context.D(1.8) || atOnce, $"Together they should have taken less than {context.D(1.8)}; it was {together}, one after the other.");
    }

    private static (long Begun, long Ended) Wait(string name, TimeSpan time, WriteEnd<string> started, ReadEnd<int> go)
    {
        started.Write(name);
        _ = go.Read();
        long begun = Stopwatch.GetTimestamp();
        Thread.Sleep(time);
        long ended = Stopwatch.GetTimestamp();
        Console.WriteLine($"{name} exiting");
        return (begun, ended);
    }

    private static async Task RunPipelineAsync(ScenarioContext context)
    {
        using var all = new CspChannel<int>();
        using var odd = new CspChannel<int>();
        using var rest = new CspChannel<int>();
        object?[] results = await RunAsync(
            context,
            Process(context, Produce, all.CreateWriter()),
            Process(context, KeepIndivisible, 2, all.CreateReader(), odd.CreateWriter()),
            Process(context, KeepIndivisible, 3, odd.CreateReader(), rest.CreateWriter()),
            Process(context, Consume, rest.CreateReader()));

        var consumed = (int[])results[^1]!;
        context.Check(
            consumed.SequenceEqual([1, 5, 7, 11, 13, 17, 19, 23, 25, 29]),
            $"The consumer should have got what neither 2 nor 3 divides; it got {string.Join(", ", consumed)}.");
    }

    private static void Produce(WriteEnd<int> to)
    {
        for (int number = 1; number <= Numbers; number++)
        {
            to.Write(number);
        }
    }

    private static void KeepIndivisible(int divisor, ReadEnd<int> from, WriteEnd<int> to)
    {
        foreach (int number in from.ReadAll().Where(number => number % divisor != 0))
        {
            to.Write(number);
        }
    }

    private static int[] Consume(ReadEnd<int> from) => [.. from.ReadAll()];

    private static async Task ChooseAsync(ScenarioContext context)
    {
        using var left = new CspChannel<string>();
        using var right = new CspChannel<string>();
        using ReadEnd<string> leftReader = left.CreateReader();
        using ReadEnd<string> rightReader = right.CreateReader();

        // Writers of our own, which never write: without them the channels would be retired when the others have left.
        using WriteEnd<string> leftWriter = left.CreateWriter();
        using WriteEnd<string> rightWriter = right.CreateWriter();
        Task<object?[]> network = RunAsync(
            context, Process(context, Say, "left", left.CreateWriter()), Process(context, Say, "right", right.CreateWriter()));

        var heard = new List<string>();
        Guard nothing = Guard.Timeout(context.D(0.2), () => heard.Add("nothing"));
        var choice = new Alternation(Guard.Read(leftReader, heard.Add), Guard.Read(rightReader, heard.Add), nothing);
        foreach (bool mayTimeOut in new[] { false, false, true })
        {
            nothing.IsEnabled = mayTimeOut;
            await choice.FairSelectAsync(context.CancellationToken);
        }

        await network;
        context.CheckLinesInAnyOrder(heard.Take(2), "left", "right");
        context.CheckLines(heard.Skip(2), "nothing");
    }

    private static void Say(string word, WriteEnd<string> to) => to.Write(word);

    private static CspProcess Process(ScenarioContext context, Delegate call, params object?[] arguments) =>
        new(call, arguments) { WorkerFactory = context.CreateWorker };

    private static Task<object?[]> RunAsync(ScenarioContext context, params CspProcess[] processes) =>
        Network.ParallelAsync(processes, context.CancellationToken);
}
