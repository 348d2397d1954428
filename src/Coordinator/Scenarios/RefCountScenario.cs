using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>How many hold something that has a count, over all processes: a segment of shared memory.</summary>
internal sealed class RefCountScenario : IScenario
{
    public string Name => "refcount";

    public string Summary => "how many hold a shared segment as a second handle, then a worker, attach and leave";

    public async Task RunAsync(ScenarioContext context)
    {
        using SharedMemory memory = SharedMemory.Create(4096);
        context.Print(CountOf(memory));
        using (SharedMemory second = memory.Duplicate())
        {
            context.Print(CountOf(memory));
            WorkerProcess worker = context.CreateWorker(PrintCount, memory);
            worker.Start();
            await context.JoinAsync(worker);
            context.CheckLines(context.LinesOf(worker), "references: 3");
            context.Check(second.ReferenceCount == 2, $"What the worker held should have gone with it; {CountOf(second)}.");
        }

        context.Print(CountOf(memory));
        context.CheckLines(context.Lines, "references: 1", "references: 2", "references: 3", "references: 1");
    }

    // It disposes of nothing: a process that ends, however it does, holds nothing any more.
    private static void PrintCount(SharedMemory memory) => Console.WriteLine(CountOf(memory));

    private static string CountOf(SharedMemory memory) => $"references: {memory.ReferenceCount}";
}
