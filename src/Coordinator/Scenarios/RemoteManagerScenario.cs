using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>A manager that is reached over the network, by whoever knows its address and key.</summary>
internal sealed class RemoteManagerScenario : IScenario
{
    private const string Key = "abracadabra";

    public string Name => "remote-manager";

    public string Summary => "a manager over TCP: a process that the coordinator did not start uses its queue and list";

    public async Task RunAsync(ScenarioContext context)
    {
        await using Manager manager = await Manager.StartAsync(
            new ManagerOptions { Address = ConnectionAddress.Tcp("127.0.0.1"), Key = AuthenticationKey.FromText(Key) },
            context.CancellationToken);
        using SharedQueue<string> greetings = manager.CreateQueue<string>();
        using SharedList<int> processes = manager.CreateList<int>();
        manager.Publish("greetings", greetings);
        manager.Publish("processes", processes);

        WorkerProcess worker = context.CreateWorker(StartAnother, manager.Address.ToString());
        worker.Start();
        context.Print(await greetings.GetAsync(cancellationToken: context.CancellationToken));
        await context.JoinAsync(worker);

        context.CheckLines(context.Lines, "hello from a process that knew the address and the key");
        context.Check(
            processes.Count == 1 && processes[0] != worker.ProcessId && processes[0] != Environment.ProcessId,
            "The list should have been appended to by a process of which this one has never heard.");
    }

    // What this worker starts the coordinator knows nothing of, and all that it is given is text.
    private static void StartAnother(string address)
    {
        using WorkerProcess other = WorkerProcess.Create(UseManager, address, Key);
        other.Start();
        _ = other.Join();
    }

    private static void UseManager(string address, string key)
    {
        using Manager manager = Manager.Connect(ConnectionAddress.Parse(address), AuthenticationKey.FromText(key));
        using SharedList<int> processes = manager.OpenList<int>("processes");
        using SharedQueue<string> greetings = manager.OpenQueue<string>("greetings");
        processes.Add(Environment.ProcessId);
        greetings.Put("hello from a process that knew the address and the key");
    }
}
