using System.CommandLine;

namespace IpcDemos.Bench.Soak;

/// <summary>The verb <c>soak</c>: not how quick, but whether anything is ever lost.</summary>
internal static class SoakCommand
{
    private static readonly Option<int> s_tasks = new("--tasks") { Description = "How many tasks.", DefaultValueFactory = _ => 1_000_000 };

    private static readonly Option<int> s_workers = new("--workers") { Description = "How many workers.", DefaultValueFactory = _ => 4 };

    private static readonly Option<int> s_killEvery = new("--kill-every")
    {
        Description = "A worker, or client, is killed every so many milliseconds.",
        DefaultValueFactory = _ => 5,
    };

    private static readonly Option<int> s_tasksPerKill = new("--tasks-per-kill")
    {
        Description = "How many tasks have to end for each worker that is killed; 0: any number; see --batch then.",
        DefaultValueFactory = _ => 500,
    };

    private static readonly Option<int> s_batch = new("--batch")
    {
        Description = "How many tasks go to a worker together, as a chunk of a map; 1: each is submitted by itself.",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int> s_spares = new("--spares") { Description = "How many processes are kept started for the pool's next workers." };

    private static readonly Option<int> s_retries = new("--retries")
    {
        Description = "How often a task is run again whose worker died; 0 for never.",
        DefaultValueFactory = _ => 1000,
    };

    private static readonly Option<int> s_load = new("--load") { Description = "How many other processes take a processor each." };

    private static readonly Option<int> s_seconds = new("--seconds") { Description = "For how long.", DefaultValueFactory = _ => 180 };

    private static readonly Option<int> s_clients = new("--clients") { Description = "How many clients.", DefaultValueFactory = _ => 4 };

    public static Command Create()
    {
        var command = new Command("soak", "Runs a pool's tasks while its workers are killed, and checks that each ends exactly once.")
        {
            s_tasks, s_workers, s_killEvery, s_tasksPerKill, s_batch, s_spares, s_retries, s_load,
        };
        command.SetAction(async (options, _) => await RunPoolAsync(options) ? 0 : 1);
        var manager = new Command("manager", "Uses a manager while its clients are killed, and checks that nothing of theirs is left.")
        {
            s_seconds, s_clients, s_killEvery, s_load,
        };
        manager.SetAction(async (options, _) => await RunManagerAsync(options) ? 0 : 1);
        command.Subcommands.Add(manager);
        command.Subcommands.Add(Torment("queues", "Kills and stops producers and consumers, and accounts for every item.", QueueSoak.RunAsync));
        command.Subcommands.Add(Torment("locks", "Kills and stops those who hold or wait for locks, and checks what these guard.", LockSoak.RunAsync));
        command.Subcommands.Add(
            Torment("events", "Kills and stops those who use events, conditions and barriers, and checks that nobody is left waiting.", EventSoak.RunAsync));
        return command;
    }

    private static Command Torment(string name, string description, Func<TormentSoakOptions, Action<string>, Task<bool>> run)
    {
        var command = new Command(name, description) { s_seconds, s_load };
        command.SetAction(async (options, _) =>
            await run(new TormentSoakOptions(TimeSpan.FromSeconds(options.GetValue(s_seconds)), options.GetValue(s_load)), Console.WriteLine) ? 0 : 1);
        return command;
    }

    private static Task<bool> RunManagerAsync(ParseResult options) => new ManagerSoak(
        new ManagerSoakOptions(
            TimeSpan.FromSeconds(options.GetValue(s_seconds)),
            options.GetValue(s_clients),
            TimeSpan.FromMilliseconds(options.GetValue(s_killEvery)),
            options.GetValue(s_load)),
        Console.WriteLine).RunAsync();

    private static Task<bool> RunPoolAsync(ParseResult options) => new PoolSoak(
        new PoolSoakOptions(
            options.GetValue(s_tasks),
            options.GetValue(s_workers),
            TimeSpan.FromMilliseconds(options.GetValue(s_killEvery)),
            options.GetValue(s_tasksPerKill),
            options.GetValue(s_batch),
            options.GetValue(s_spares),
            options.GetValue(s_retries),
            options.GetValue(s_load)),
        Console.WriteLine).RunAsync();
}
