using System.Diagnostics;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Futures over worker processes: every way that one can end.</summary>
internal sealed class ExecutorScenario : IScenario
{
    // A cancelled task hears of it at once; what it takes to get a processor is not to cost its worker's life.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(20);

    public string Name => "executor";

    public string Summary => "futures: results as they complete, a time-out, a cancelled task, an exception with its remote stack";

    public async Task RunAsync(ScenarioContext context)
    {
        await using ProcessPool pool = context.CreatePool(new ProcessPoolOptions { WorkerCount = 2, CancellationGrace = s_grace });
        await CompleteAsync(context, pool);
        await RunOutOfTimeAsync(context, pool);
        await CancelAsync(context, pool);
        await FailAsync(context, pool);
        await pool.CompleteAsync();

        context.CheckLinesInAnyOrder(
            context.Lines,
            "submitted: 2 doubled is 4",
            "completed: 5 doubled is 10", "completed: 10 doubled is 20", "completed: 20 doubled is 40",
            "timed out: ExecutorScenario.WaitForever was stopped",
            "cancelled: the task was running, and its worker lives on",
            "failed: System.InvalidOperationException: 13 brings bad luck, in ExecutorScenario.Double");
    }

    private static async Task CompleteAsync(ScenarioContext context, ProcessPool pool)
    {
        context.Print($"submitted: 2 doubled is {await pool.Submit(Double, 2)}");
        var numbers = new Dictionary<Task<int>, int>();
        long start = Stopwatch.GetTimestamp();
        foreach (int number in new[] { 5, 10, 20 })
        {
            numbers.Add(pool.Submit(Double, number, cancellationToken: context.CancellationToken), number);
        }

        await context.ShowProgressAsync("completed", async progress =>
        {
            int completed = 0;
            await foreach (Task<int> task in Task.WhenEach(numbers.Keys))
            {
                context.Print($"completed: {numbers[task]} doubled is {await task}");
                progress.Report(new PoolProgress(++completed, numbers.Count, Stopwatch.GetElapsedTime(start)));
            }
        });
    }

    private static async Task RunOutOfTimeAsync(ScenarioContext context, ProcessPool pool)
    {
        try
        {
            await pool.Submit(WaitForever, new PoolTaskOptions { Timeout = context.D() }, context.CancellationToken);
            context.Check(false, "A task that never ends should have run out of time.");
        }
        catch (TimeoutException)
        {
            context.Print($"timed out: {nameof(ExecutorScenario)}.{nameof(WaitForever)} was stopped");
        }
    }

    private static async Task CancelAsync(ScenarioContext context, ProcessPool pool)
    {
        using var started = new ProcessEvent();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        Task<int> task = pool.Submit(WaitUntilCancelled, started, cancellationToken: cancel.Token);
        await started.WaitAsync(cancellationToken: context.CancellationToken);
        int running = pool.GetInsights().Workers.Single(worker => worker.CurrentTask is not null).ProcessId;
        await cancel.CancelAsync();
        try
        {
            await task;
            context.Check(false, "A cancelled task should have ended as such.");
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            bool livesOn = pool.GetInsights().Workers.Any(worker => worker.ProcessId == running);
            context.Print($"cancelled: the task was running, and its worker {(livesOn ? "lives on" : "is gone")}");
        }
    }

    private static async Task FailAsync(ScenarioContext context, ProcessPool pool)
    {
        try
        {
            await pool.Submit(Double, 13);
            context.Check(false, "13 should have failed.");
        }
        catch (RemoteException exception)
        {
            const string method = $"{nameof(ExecutorScenario)}.{nameof(Double)}";
            bool isKnown = exception.Error.StackTrace?.Contains(method, StringComparison.Ordinal) == true;
            string place = isKnown ? method : "an unknown place";
            context.Print($"failed: {exception.Error.TypeName}: {exception.Error.Message}, in {place}");
        }
    }

    private static int Double(int number) =>
        number == 13 ? throw new InvalidOperationException("13 brings bad luck") : number * 2;

    private static int WaitForever() => new ManualResetEvent(false).WaitOne() ? 1 : 0;

    private static int WaitUntilCancelled(ProcessEvent started, CancellationToken cancellationToken)
    {
        started.Set();
        cancellationToken.WaitHandle.WaitOne();
        cancellationToken.ThrowIfCancellationRequested();
        return 0;
    }
}
