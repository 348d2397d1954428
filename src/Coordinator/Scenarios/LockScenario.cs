using System.Text;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Three workers print under one lock, each its item in two halves with a pause between.</summary>
/// <param name="isLocked">Whether there is a lock. Without it the check fails, which shows what it is worth.</param>
internal sealed class LockScenario(bool isLocked = true) : IScenario
{
    private static readonly string[] s_items = ["tango", "foxtrot", "10"];

    public string Name => "lock";

    public string Summary => "three workers print under one lock, each its item in two halves";

    public async Task RunAsync(ScenarioContext context)
    {
        using ProcessLock? processLock = isLocked ? new ProcessLock() : null;
        using var start = new ProcessBarrier(s_items.Length);

        // Each worker has a standard output of its own, in which nothing could mix. So they write to something in common as well.
        using var log = new SharedArray<byte>(s_items.Sum(item => item.Length + 1));
        using var end = new SharedValue<int>();
        WorkerProcess[] workers =
            [.. s_items.Select(item => context.CreateWorker(PrintInHalves, item, processLock, start, log, end, context.D(0.25)))];
        Array.ForEach(workers, worker => worker.Start());
        await context.JoinAsync(workers);

        context.CheckLinesInAnyOrder(context.Lines, s_items);
        context.CheckLinesInAnyOrder(Encoding.ASCII.GetString(log.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries), s_items);
    }

    private static void PrintInHalves(
        string item, ProcessLock? processLock, ProcessBarrier start, SharedArray<byte> log, SharedValue<int> end, TimeSpan pause)
    {
        // Workers that come one after the other would not need the lock.
        start.Wait();
        using LockHold? hold = processLock?.Hold();
        int half = item.Length / 2;
        Print(item[..half]);
        Thread.Sleep(pause);
        Print(item[half..] + '\n');

        void Print(string text)
        {
            Console.Write(text);
            log.CopyFrom(Encoding.ASCII.GetBytes(text), start: end.Add(text.Length) - text.Length);
        }
    }
}
