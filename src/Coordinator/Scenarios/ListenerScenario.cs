using System.Security.Authentication;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Who knows the key is let in; who does not is told so, and holds up nobody.</summary>
internal sealed class ListenerScenario : IScenario
{
    private const string Key = "secret password";

    public string Name => "listener";

    public string Summary => "a listener and two clients with a key, one of them with a wrong one";

    public async Task RunAsync(ScenarioContext context)
    {
        var rejected = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = new ConnectionListener(ConnectionAddress.Tcp("127.0.0.1"), AuthenticationKey.FromText(Key));
        listener.Rejected += (_, rejection) => rejected.TrySetResult(rejection.Error);
        string address = listener.Address.ToString();

        WorkerProcess stranger = context.CreateWorker(SayHello, address, "wrong password");
        stranger.Start();
        Exception error = await rejected.Task.WaitAsync(context.CancellationToken);
        context.Print($"turned away: {error.GetType().Name}");

        WorkerProcess friend = context.CreateWorker(SayHello, address, Key);
        friend.Start();
        using Connection connection = await listener.AcceptAsync(context.CancellationToken);
        context.Print($"received: {await connection.ReceiveAsync<string>(context.CancellationToken)}");
        await connection.SendAsync("welcome", context.CancellationToken);
        await context.JoinAsync(stranger, friend);

        context.CheckLines(context.OwnLines, "turned away: AuthenticationException", "received: hello");
        context.CheckLines(context.LinesOf(stranger), "refused: AuthenticationException");
        context.CheckLines(context.LinesOf(friend), "answered: welcome");
    }

    private static void SayHello(string address, string key)
    {
        try
        {
            using Connection connection = Connection.Connect(ConnectionAddress.Parse(address), AuthenticationKey.FromText(key));
            connection.Send("hello");
            Console.WriteLine($"answered: {connection.Receive<string>()}");
        }
        catch (AuthenticationException error)
        {
            Console.WriteLine($"refused: {error.GetType().Name}");
        }
    }
}
