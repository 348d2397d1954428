using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Records that live in neither of the processes that work on them, but in a manager's server.</summary>
internal sealed class ManagerListScenario : IScenario
{
    public string Name => "manager-list";

    public string Summary => "records in a manager's list: one worker appends one, another prints all";

    public async Task RunAsync(ScenarioContext context)
    {
        await using Manager manager = await Manager.StartAsync(cancellationToken: context.CancellationToken);
        using SharedList<(string Name, int Score)> records = manager.CreateList([("Computers", 1), ("History", 5), ("Hindi", 9)]);
        WorkerProcess insert = context.CreateWorker(Insert, ("English", 3), records);
        insert.Start();
        await context.JoinAsync(insert);
        WorkerProcess print = context.CreateWorker(Print, records);
        print.Start();
        await context.JoinAsync(print);

        context.CheckLines(
            context.Lines,
            "A New record is added",
            "Name: Computers", "Score: 1",
            "Name: History", "Score: 5",
            "Name: Hindi", "Score: 9",
            "Name: English", "Score: 3");
        context.Check(records.Count == 4, "The list should have four records in the end.");
    }

    private static void Insert((string Name, int Score) record, SharedList<(string Name, int Score)> records)
    {
        records.Add(record);
        Console.WriteLine("A New record is added");
    }

    private static void Print(SharedList<(string Name, int Score)> records)
    {
        foreach (var (name, score) in records)
        {
            Console.WriteLine($"Name: {name}");
            Console.WriteLine($"Score: {score}");
        }
    }
}
