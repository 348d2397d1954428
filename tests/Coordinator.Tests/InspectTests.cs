using System.Globalization;
using System.Text.Json;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Coordinator.Tests;

public sealed class InspectTests
{
    [Fact(Timeout = 120_000)]
    public async Task Inspect_shows_a_worker_of_another_program_while_it_runs_and_no_longer()
    {
        (Connection here, Connection there) = Pipe.Create();
        await using var worker = WorkerProcess.Create(WaitForEnd, there);
        worker.Name = "Inspected";
        worker.Start();
        Assert.Equal("running", await here.ReceiveAsync<string>(TestContext.Current.CancellationToken));

        ProgramResult forPrograms = await CoordinatorProgram.RunAsync("inspect", "--json");
        ProgramResult forPeople = await CoordinatorProgram.RunAsync("inspect");
        here.Dispose();
        await worker.JoinAsync(TestContext.Current.CancellationToken);
        ProgramResult afterwards = await CoordinatorProgram.RunAsync("inspect", "--json");

        Assert.True(forPrograms.ExitCode == 0, forPrograms.ToString());
        JsonElement found = Assert.Single(Workers(forPrograms), one => one.GetProperty("pid").GetInt32() == worker.ProcessId);
        Assert.Equal(
            ["name", "pid", "parentPid", "call", "startTime", "cpuMs", "rssBytes"], found.EnumerateObject().Select(member => member.Name));
        Assert.Equal("Inspected", found.GetProperty("name").GetString());
        Assert.Equal(Environment.ProcessId, found.GetProperty("parentPid").GetInt32());
        Assert.Contains(nameof(WaitForEnd), found.GetProperty("call").GetString(), StringComparison.Ordinal);
        Assert.True(found.GetProperty("rssBytes").GetInt64() > 1024 * 1024);
        Assert.Contains(
            forPeople.Output,
            line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["Inspected", var id, ..]
                && id == worker.ProcessId?.ToString(CultureInfo.InvariantCulture));
        Assert.DoesNotContain(Workers(afterwards), one => one.GetProperty("pid").GetInt32() == worker.ProcessId);
    }

    [Fact(Timeout = 120_000)]
    public async Task Watching_goes_on_until_Ctrl_C()
    {
        int snapshots = 0;
        Task? sending = null;
        ProgramResult result = await CoordinatorProgram.RunAsync(["inspect", "--watch", "--json"], (processId, _) =>
        {
            if (++snapshots == 2)
            {
                sending = Signals.SendAsync(Signals.Interrupt, processId);
            }
        });
        await sending!;

        Assert.Equal(130, result.ExitCode);
        Assert.All(result.Records(), record => Assert.Equal("workers", record.GetProperty("type").GetString()));
    }

    [Fact(Timeout = 120_000)]
    public async Task Inspect_shows_what_a_pool_s_worker_runs()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "A process cannot say there what it is at.");
        await using var pool = new ProcessPool(1);
        (Connection here, Connection there) = Pipe.Create();
        Task task = pool.Submit(WaitForEnd, there);
        Assert.Equal("running", await here.ReceiveAsync<string>(TestContext.Current.CancellationToken));
        int processId = Assert.Single(pool.GetInsights().Workers).ProcessId;

        ProgramResult busy = await CoordinatorProgram.RunAsync("inspect", "--json");
        here.Dispose();
        await task;
        ProgramResult idle = await CoordinatorProgram.RunAsync("inspect", "--json");

        Assert.Equal("InspectTests.WaitForEnd", CallOf(busy, processId));
        Assert.Equal("(waits for a task)", CallOf(idle, processId));
    }

    [Fact(Timeout = 120_000)]
    public async Task Inspect_shows_what_managers_host_and_for_whom()
    {
        Wine.SkipHere("it does not list its pipes.");
        await using Manager manager = await Manager.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        using SharedList<int> list = manager.CreateList([1, 2, 3]);
        manager.Publish("numbers", list);
        using var server = new ManagerServer(); // not in a worker, so that no list of those tells of it

        ProgramResult forPrograms = await CoordinatorProgram.RunAsync("inspect", "--json");
        ProgramResult forPeople = await CoordinatorProgram.RunAsync("inspect");

        JsonElement found = ManagerOf(forPrograms, manager.Worker!.ProcessId!.Value)!.Value;
        Assert.Equal(["name", "pid", "address", "problem", "objects", "clients"], found.EnumerateObject().Select(member => member.Name));
        Assert.Equal(manager.Worker.Name, found.GetProperty("name").GetString());
        Assert.Equal(manager.Address.ToString(), found.GetProperty("address").GetString());
        Assert.Equal(
            """{"type":"list","name":"numbers","text":"list of 3","clientReferences":2,"storedReferences":0}""",
            Assert.Single(found.GetProperty("objects").EnumerateArray()).GetRawText());
        JsonElement client = Assert.Single(found.GetProperty("clients").EnumerateArray());
        Assert.Equal(Environment.ProcessId, client.GetProperty("pid").GetInt32());
        Assert.Equal(1, client.GetProperty("objects").GetInt32());
        Assert.Equal(0, ManagerOf(forPrograms, Environment.ProcessId)!.Value.GetProperty("clients").GetArrayLength());
        Assert.Contains(forPeople.Output, line => line.StartsWith($"{manager.Worker.Name} (PID {manager.Worker.ProcessId})", StringComparison.Ordinal));
        Assert.Contains(
            forPeople.Output,
            line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["list", "numbers", "list", "of", "3", "2", "0"]);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_manager_that_does_not_answer_is_shown_as_such_and_one_that_has_ended_is_not()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no signals that stop a process.");
        Manager manager = await Manager.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        int processId = manager.Worker!.ProcessId!.Value;
        await Signals.SendAsync("STOP", processId);
        ProgramResult forPrograms = await CoordinatorProgram.RunAsync("inspect", "--json");
        ProgramResult forPeople = await CoordinatorProgram.RunAsync("inspect");
        manager.Worker.Kill();
        await manager.DisposeAsync();
        ProgramResult afterwards = await CoordinatorProgram.RunAsync("inspect", "--json");

        Assert.Contains("did not answer", ManagerOf(forPrograms, processId)!.Value.GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Contains(forPeople.Output, line => line.StartsWith($"Manager with PID {processId}: It did not answer", StringComparison.Ordinal));
        Assert.Null(ManagerOf(afterwards, processId));
    }

    private static JsonElement? ManagerOf(ProgramResult result, int processId) => result.Records().Single().GetProperty("managers")
        .EnumerateArray().Where(manager => manager.GetProperty("pid").GetInt32() == processId).Cast<JsonElement?>().SingleOrDefault();

    private static string? CallOf(ProgramResult result, int processId) =>
        Workers(result).Single(worker => worker.GetProperty("pid").GetInt32() == processId).GetProperty("call").GetString();

    private static JsonElement.ArrayEnumerator Workers(ProgramResult result) =>
        result.Records().Single().GetProperty("workers").EnumerateArray();

    private static void WaitForEnd(Connection connection)
    {
        connection.Send("running");
        try
        {
            _ = connection.Receive<string>();
        }
        catch (ConnectionClosedException)
        {
            // The test has seen enough.
        }
    }
}
