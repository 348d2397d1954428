using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Processes;

public sealed class ProcessTreeTests
{
    [Fact]
    public void The_root_is_the_main_process_and_has_no_parent()
    {
        Assert.Equal(new ProcessInfo("MainProcess", Environment.ProcessId, IsDaemon: false), WorkerProcess.Current);
        Assert.Null(WorkerProcess.Parent);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_knows_itself_and_its_parent()
    {
        await using var worker = WorkerProcess.Create(() => (WorkerProcess.Current, WorkerProcess.Parent, Environment.ProcessId));
        worker.Start();
        var (current, parent, processId) = await worker.ResultAsync<(ProcessInfo, ProcessInfo?, int)>();

        Assert.Equal(new ProcessInfo(worker.Name, worker.ProcessId!.Value, IsDaemon: false), current);
        Assert.Equal(WorkerProcess.Current, parent);
        Assert.Equal(worker.ProcessId, processId);
    }

    [Fact(Timeout = 60_000)]
    public async Task Names_count_the_workers_of_each_process()
    {
        TestProgramResult result = await TestProgram.RunAsync("Names");

        result.ThrowUnlessSuccessful();
        Assert.Equal(
            ["Process-1", "Process-2", "Process-2:1", "Process-2:2", "Process-2:2:1", "own name", "Process-3:1", "Process-4"],
            result.Output);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_is_among_the_active_children_from_its_start_to_its_end()
    {
        Waiting worker = await Waiting.StartAsync();
        await using (worker)
        {
            await using var idle = WorkerProcess.Create(() => { });

            Assert.Contains(worker.Process, WorkerProcess.ActiveChildren);
            Assert.DoesNotContain(idle, WorkerProcess.ActiveChildren);
            Assert.True(worker.Process.IsAlive);
            Assert.Null(worker.Process.ExitCode);

            worker.Connection.Dispose();
            await worker.Process.JoinAsync();

            Assert.DoesNotContain(worker.Process, WorkerProcess.ActiveChildren);
            Assert.False(worker.Process.IsAlive);
            Assert.Equal(0, worker.Process.ExitCode);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Workers_start_workers_of_their_own() =>
        Assert.Equal(["", "0", "00", "01", "1", "10", "11"], await WorkerProcess.Create(Descend, "").RunAsync<string[]>());

    [Fact(Timeout = 60_000)]
    public async Task Being_a_daemon_is_inherited_and_can_be_changed_before_the_start()
    {
        await using var daemon = new WorkerProcess(DaemonsBelow) { IsDaemon = true };
        daemon.Start();

        bool[] areDaemons = await daemon.ResultAsync<bool[]>();

        Assert.Equal([true, true, false], areDaemons);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_ends_its_daemons_and_waits_for_its_other_children()
    {
        TestProgramResult result = await TestProgram.RunAsync("EndWithChildren");

        result.ThrowUnlessSuccessful();
        Assert.Equal(["end of Main", "child has seen the end of Main"], result.Output);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_that_exits_in_the_middle_waits_for_its_children_too()
    {
        TestProgramResult result = await TestProgram.RunAsync("EndWithChildren", "exit");

        Assert.Equal(5, result.ExitCode);
        Assert.Equal(["end of Main", "child has seen the end of Main"], result.Output);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failing_target_for_output_does_not_disturb_the_end_of_the_process()
    {
        TestProgramResult result = await TestProgram.RunAsync("EndWithFailingOutput");

        result.ThrowUnlessSuccessful();
        Assert.Equal(["end of Main"], result.Output);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_waits_for_its_foreground_threads_and_not_for_background_ones()
    {
        var lines = new List<string>();
        await using var worker = new WorkerProcess(LeaveThreads) { StandardOutput = WorkerOutput.ToLines(lines.Add) };
        worker.Start();

        Assert.Equal(0, await Ended(worker));
        Assert.Equal(["the call has returned", "the foreground thread has ended"], lines);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_waits_for_children_that_its_threads_start_after_the_call()
    {
        var lines = new List<string>();
        await using var worker = new WorkerProcess(LeaveThreadThatStartsWorker) { StandardOutput = WorkerOutput.ToLines(lines.Add) };
        worker.Start();

        Assert.Equal(0, await Ended(worker));
        Assert.Equal(["a late grandchild"], lines);
    }

    private static async Task<int?> Ended(WorkerProcess worker)
    {
        await worker.JoinAsync();
        return worker.ExitCode;
    }

    private static async Task<string[]> Descend(string path) => path.Length == 2
        ? [path]
        : [
            path,
            .. await WorkerProcess.Create(Descend, path + "0").RunAsync<string[]>(),
            .. await WorkerProcess.Create(Descend, path + "1").RunAsync<string[]>(),
        ];

    private static bool[] DaemonsBelow()
    {
        using var inherits = WorkerProcess.Create(() => WorkerProcess.Current.IsDaemon);
        using var changed = WorkerProcess.Create(() => WorkerProcess.Current.IsDaemon);
        changed.IsDaemon = false;
        inherits.Start();
        changed.Start();
        return [WorkerProcess.Current.IsDaemon, inherits.ResultAsync<bool>().Result, changed.ResultAsync<bool>().Result];
    }

    private static void LeaveThreads()
    {
        new Thread(() => Thread.Sleep(Timeout.Infinite)) { IsBackground = true }.Start();
        Thread caller = Thread.CurrentThread;
        new Thread(() =>
        {
            _ = caller.Join(TimeSpan.FromMilliseconds(200)); // the caller's thread stays, waiting for this one
            Console.WriteLine("the foreground thread has ended");
        }).Start();
        Console.WriteLine("the call has returned");
    }

    private static void LeaveThreadThatStartsWorker()
    {
        Thread caller = Thread.CurrentThread;
        new Thread(() =>
        {
            _ = caller.Join(TimeSpan.FromMilliseconds(200));
            WorkerProcess.Create(() => Console.WriteLine("a late grandchild")).Start();
        }).Start();
    }
}
