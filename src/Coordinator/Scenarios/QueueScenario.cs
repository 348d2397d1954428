using System.Text.Json;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>A list goes from one process to another over a queue.</summary>
internal sealed class QueueScenario : IScenario
{
    private static readonly object?[] s_list = [42, null, "hello"];

    public string Name => "queue";

    public string Summary => "a worker puts one mixed list on a queue, the coordinator gets it";

    public async Task RunAsync(ScenarioContext context)
    {
        using var queue = new ProcessQueue<object?[]>();
        WorkerProcess worker = context.CreateWorker(PutList, queue);
        worker.Start();
        object?[] received = await queue.GetAsync(cancellationToken: context.CancellationToken);
        context.Print(JsonSerializer.Serialize(received));
        await context.JoinAsync(worker);

        context.Check(received.SequenceEqual(s_list), "What was got should be what was put.");
        context.Check(queue.IsEmpty, $"Nothing else should be in the queue; {queue.Count} items are.");
        context.CheckLines(context.Lines, """[42,null,"hello"]""");
    }

    private static void PutList(ProcessQueue<object?[]> queue) => queue.Put(s_list);
}
