using System.Text.Json;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>A list goes from one process to another and comes back, over both kinds of pipes.</summary>
internal sealed class PipeScenario : IScenario
{
    private static readonly object?[] s_list = [42, null, "hello"];

    public string Name => "pipe";

    public string Summary => "a worker sends a list and gets it back reversed: over anonymous pipes, then over a named pipe";

    public async Task RunAsync(ScenarioContext context)
    {
        context.Part("over anonymous pipes");
        await ExchangeAsync(context, PipeTransport.Anonymous);
        context.Part("over a named pipe");
        await ExchangeAsync(context, PipeTransport.Named);
    }

    private static async Task ExchangeAsync(ScenarioContext context, PipeTransport transport)
    {
        (Connection here, Connection there) = Pipe.Create(duplex: true, transport);
        using (here)
        {
            WorkerProcess worker = context.CreateWorker(SendAndReceive, there);
            worker.Start();
            object?[] received = await here.ReceiveAsync<object?[]>(context.CancellationToken);
            context.Print(JsonSerializer.Serialize(received));
            await here.SendAsync<object?[]>([.. received.Reverse()], context.CancellationToken);
            await context.JoinAsync(worker);

            context.Check(received.SequenceEqual(s_list), "What was received should be what was sent.");
            context.CheckLines(context.LinesOf(worker), """f: x=["hello",null,42]""");
        }
    }

    private static void SendAndReceive(Connection connection)
    {
        connection.Send(s_list);
        object?[] x = connection.Receive<object?[]>();
        Console.WriteLine($"f: x={JsonSerializer.Serialize(x)}");
    }
}
