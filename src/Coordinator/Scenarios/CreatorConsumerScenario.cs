using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>One process creates what another consumes, until a last item that says so.</summary>
internal sealed class CreatorConsumerScenario : IScenario
{
    private const int Sentinel = -1;

    private static readonly int[] s_data = [5, 10, 13, Sentinel];

    public string Name => "creator-consumer";

    public string Summary => "one process puts data on a queue, another doubles it, until the sentinel";

    public async Task RunAsync(ScenarioContext context)
    {
        using var queue = new ProcessQueue<int>();
        WorkerProcess creator = context.CreateWorker(Create, s_data, queue);
        WorkerProcess consumer = context.CreateWorker(Consume, queue);
        creator.Start();
        consumer.Start();
        await context.JoinAsync(creator, consumer);

        context.CheckLines(context.LinesOf(creator), "Creating data and putting it on the queue");
        context.CheckLines(
            context.LinesOf(consumer),
            "data found to be processed: 5", "10",
            "data found to be processed: 10", "20",
            "data found to be processed: 13", "26",
            "data found to be processed: -1", "-2");
        context.Check(queue.IsEmpty, $"Everything should have been consumed; {queue.Count} items are left.");
    }

    private static void Create(int[] data, ProcessQueue<int> queue)
    {
        Console.WriteLine("Creating data and putting it on the queue");
        foreach (int item in data)
        {
            queue.Put(item);
        }
    }

    private static void Consume(ProcessQueue<int> queue)
    {
        int data;
        do
        {
            data = queue.Get();
            Console.WriteLine($"data found to be processed: {data}");
            Console.WriteLine(data * 2);
        }
        while (data != Sentinel);
    }
}
