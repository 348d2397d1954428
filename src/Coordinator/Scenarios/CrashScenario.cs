using System.Diagnostics;
using System.Text.Json;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Workers are killed at the worst moments. What the others see, and that all goes on.</summary>
internal sealed class CrashScenario : IScenario
{
    private const int Total = 100;

    // In all far more than the queue has room for: as long as nobody takes them, a writer is in the middle of writing.
    private const int ManyItems = 100;
    private const int ItemLength = 4096;

    private static readonly int[] s_numbers = [5, 10, 20];

    public string Name => "crash";

    public string Summary => "workers are killed while they hold a lock, write to a queue, run a pool's task: what survivors see";

    public async Task RunAsync(ScenarioContext context)
    {
        context.Part("of a worker that holds a lock");
        await KillHolderAsync(context);
        context.Part("of workers that write to a queue");
        await KillWritersAsync(context);
        context.Part("of a worker that runs a pool's task");
        await KillTaskAsync(context);
    }

    private static async Task KillHolderAsync(ScenarioContext context)
    {
        using var processLock = new ProcessLock();
        using var accounts = new SharedArray<int>([Total, 0]);
        using var isHalfDone = new ProcessEvent();
        using var isWaiting = new ProcessEvent();
        WorkerProcess holder = context.CreateWorker(TransferHalfway, processLock, accounts, isHalfDone);
        holder.Start();
        _ = await isHalfDone.WaitAsync(cancellationToken: context.CancellationToken);
        WorkerProcess survivor = context.CreateWorker(Mend, processLock, accounts, isWaiting);
        survivor.Start();
        _ = await isWaiting.WaitAsync(cancellationToken: context.CancellationToken);

        await context.KillAsync(holder);
        await context.JoinAsync(survivor);
        using (LockHold hold = processLock.Hold(cancellationToken: context.CancellationToken))
        {
            context.Print($"the next holder finds {accounts[0]} + {accounts[1]}");
            context.Check(hold.Abandonment is null, $"That the holder died should be told once. {hold.Abandonment}");
        }

        context.CheckLines(context.LinesOf(holder), "10 have left the first account");
        context.CheckLines(
            context.LinesOf(survivor),
            $"process {holder.ProcessId} died while it held the lock: 90 + 0",
            "mended: 90 + 10");
        context.CheckLines(context.OwnLines, "the next holder finds 90 + 10");
    }

    private static void TransferHalfway(ProcessLock processLock, SharedArray<int> accounts, ProcessEvent isHalfDone)
    {
        using (processLock.Hold())
        {
            accounts[0] -= 10;
            Console.WriteLine("10 have left the first account");
            isHalfDone.Set();

            // Here it is killed.
            Thread.Sleep(Timeout.Infinite);
            accounts[1] += 10;
        }
    }

    private static void Mend(ProcessLock processLock, SharedArray<int> accounts, ProcessEvent isWaiting)
    {
        isWaiting.Set();
        using LockHold hold = processLock.Hold();
        if (hold.Abandonment is { } abandonment)
        {
            Console.WriteLine($"process {abandonment.ProcessId} died while it held the lock: {accounts[0]} + {accounts[1]}");
            accounts[1] = Total - accounts[0];
            Console.WriteLine($"mended: {accounts[0]} + {accounts[1]}");
        }
    }

    private static async Task KillWritersAsync(ScenarioContext context)
    {
        using var queue = new ProcessQueue<long[]>();
        var killed = new List<int>();
        for (int round = 0; round < (context.Options.Workers ?? 3); round++)
        {
            WorkerProcess writer = context.CreateWorker(Write, queue, ManyItems);
            writer.Start();
            int items = 0;
            while (items < 5)
            {
                CheckItem(context, await queue.GetAsync(cancellationToken: context.CancellationToken), items++);
            }

            await context.KillAsync(writer);
            while (queue.TryGet(out long[]? item))
            {
                CheckItem(context, item, items++);
            }

            context.Print($"{writer.Name} was killed in mid-write: {items} of its {ManyItems} items came, each whole");
            context.Check(items < ManyItems, $"{writer.Name} should not have come to the end of its {ManyItems} items.");
            killed.Add(writer.ProcessId!.Value);
        }

        WorkerProcess survivor = context.CreateWorker(Write, queue, 3);
        survivor.Start();
        await context.JoinAsync(survivor);
        for (int number = 0; queue.TryGet(out long[]? item); number++)
        {
            CheckItem(context, item, number);
            context.Print($"item {number} of {survivor.Name}");
        }

        context.CheckLines(
            context.OwnLines.TakeLast(3), Enumerable.Range(0, 3).Select(number => $"item {number} of {survivor.Name}"));
        context.Check(
            queue.Losses.Select(loss => loss.ProcessId).Order().SequenceEqual(killed.Order()),
            $"The queue should tell of the processes {string.Join(", ", killed)}; it tells: {string.Join(' ', queue.Losses)}");
    }

    /// <summary>Puts items that are their own number many times over, so that one which is not whole can be told.</summary>
    private static void Write(ProcessQueue<long[]> queue, int count)
    {
        long[][] items = [.. Enumerable.Range(0, count).Select(_ => new long[ItemLength])];
        foreach ((int number, long[] item) in items.Index())
        {
            Array.Fill(item, number);
        }

        _ = queue.PutMany(items);
    }

    private static void CheckItem(ScenarioContext context, long[] item, int number) => context.Check(
        item.Length == ItemLength && !item.AsSpan().ContainsAnyExcept(number),
        $"Item {number} should be {ItemLength} times its number; it has {item.Length} elements and begins with {item.FirstOrDefault(-1)}.");

    private static async Task KillTaskAsync(ScenarioContext context)
    {
        await using ProcessPool pool = context.CreatePool(new ProcessPoolOptions { WorkerCount = 2 });
        using var processId = new SharedValue<int>();
        using var isRunning = new ProcessEvent();
        Task<int> lost = pool.Submit(RunForever, processId, isRunning);
        Task<int[]> others = DoubleAllAsync(pool);
        _ = await isRunning.WaitAsync(cancellationToken: context.CancellationToken);
        using (Process running = Process.GetProcessById(processId.Value))
        {
            running.Kill();
        }

        try
        {
            _ = await lost.WaitAsync(context.CancellationToken);
        }
        catch (WorkerDiedException exception)
        {
            context.Print($"the task failed: process {exception.ProcessId} died while it ran it");
        }

        context.Print($"the pool's other tasks: {JsonSerializer.Serialize(await others.WaitAsync(context.CancellationToken))}");
        int[] next = await DoubleAllAsync(pool).WaitAsync(context.CancellationToken);
        context.Print($"the pool's next tasks: {JsonSerializer.Serialize(next)}");
        context.CheckLines(
            context.OwnLines.TakeLast(3),
            $"the task failed: process {processId.Value} died while it ran it",
            "the pool's other tasks: [10,20,40]",
            "the pool's next tasks: [10,20,40]");

        // Not left to the disposal, which would kill a worker that is still starting: the one that was killed here is to be the only one.
        await pool.CompleteAsync().WaitAsync(context.CancellationToken);
    }

    private static Task<int[]> DoubleAllAsync(ProcessPool pool) =>
        Task.WhenAll(s_numbers.Select(number => pool.Submit(Double, number)));

    private static int Double(int number) => number * 2;

    private static int RunForever(SharedValue<int> processId, ProcessEvent isRunning)
    {
        processId.Value = Environment.ProcessId;
        isRunning.Set();
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }
}
