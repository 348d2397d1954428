using System.Diagnostics;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Processes;

// Each runs in a worker: the spares of this process would be taken by tests that run at the same time.
public sealed class SpareTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_worker_is_the_process_that_was_kept_ready() => await RunAsync(static async () =>
    {
        await WorkerProcess.KeepSparesAsync(1);
        int spare = Spares().Single();
        var lines = new List<string>();
        using var gate = new ProcessEvent();
        await using var worker = new WorkerProcess(SayAndWait, "hello", gate) { StandardOutput = WorkerOutput.ToLines(lines.Add) };

        worker.Start();
        await WorkerProcess.KeepSparesAsync(0);
        string? shown = OperatingSystem.IsMacOS() ? null : NameOnceItRuns(worker);
        gate.Set();
        await worker.JoinAsync();

        Assert.Equal(spare, worker.ProcessId);
        Assert.Equal(0, worker.ExitCode);
        Assert.Equal(["hello"], lines);
        Assert.Equal(shown is null ? null : $"{worker.Name} runs SpareTests.SayAndWait", shown);
    });

    [Fact(Timeout = 60_000)]
    public async Task A_spare_that_was_used_is_replaced_and_a_pool_uses_them_too() => await RunAsync(static async () =>
    {
        await WorkerProcess.KeepSparesAsync(1);
        int first = Spares().Single();
        await using var pool = new ProcessPool(1);

        int used = await pool.Submit(ProcessId);
        await WorkerProcess.KeepSparesAsync(1);

        Assert.Equal(first, used);
        Assert.Single(Spares().Except([used])); // that one is still called so where a process cannot be renamed
    });

    [Fact(Timeout = 60_000)]
    public async Task A_spare_that_was_killed_is_not_used() => await RunAsync(static async () =>
    {
        await WorkerProcess.KeepSparesAsync(1);
        using (var spare = Process.GetProcessById(Spares().Single()))
        {
            spare.Kill();
            await spare.WaitForExitAsync();
        }

        using var worker = new WorkerProcess(ProcessId);
        worker.Start();

        Assert.True(await worker.ResultAsync<int>() > 0);
    });

    [Fact(Timeout = 60_000)]
    public async Task A_spare_of_another_folder_is_not_used() => await RunAsync(static async () =>
    {
        await WorkerProcess.KeepSparesAsync(1);
        int spare = Spares().Single();
        Environment.CurrentDirectory = Path.GetPathRoot(Environment.CurrentDirectory)!;

        using var worker = new WorkerProcess(ProcessId);
        worker.Start();

        Assert.NotEqual(spare, await worker.ResultAsync<int>());
    });

    [Fact(Timeout = 60_000)]
    public async Task Spares_end_when_they_are_not_wanted_any_more() => await RunAsync(static async () =>
    {
        await WorkerProcess.KeepSparesAsync(2);
        Assert.Equal(2, Spares().Length);

        await WorkerProcess.KeepSparesAsync(0);

        Assert.Empty(Spares());
    });

    [Fact(Timeout = 60_000)]
    public async Task Spares_end_with_a_creator_that_was_killed()
    {
        using var spare = new SharedValue<int>();
        using var worker = new WorkerProcess(KillSelfWithSpare, spare);
        worker.Start();
        await worker.JoinAsync(TestContext.Current.CancellationToken);

        Assert.Equal(OperatingSystem.IsWindows() ? -1 : -9, worker.ExitCode);
        Assert.NotEqual(0, spare.Value);
        await Eventually.HoldsAsync(() => !ProcessRegistry.List().Any(other => other.ProcessId == spare.Value));
    }

    private static async Task RunAsync(Func<Task> test)
    {
        await using var worker = WorkerProcess.Create(test);
        worker.Start();
        await worker.JoinAsync(TestContext.Current.CancellationToken);
        Assert.True(worker.ExitCode == 0, $"{worker.Error?.Message}{worker.Error?.StackTrace}");
    }

    private static int[] Spares() =>
    [
        .. from worker in ProcessRegistry.List()
           where worker.Name == "(spare)" && worker.ParentProcessId == Environment.ProcessId
           select worker.ProcessId,
    ];

    private static string NameOnceItRuns(WorkerProcess worker)
    {
        while (true)
        {
            RunningWorker shown = ProcessRegistry.List().Single(other => other.ProcessId == worker.ProcessId);
            if (shown.Name != "(spare)")
            {
                return $"{shown.Name} runs {shown.Call}";
            }
        }
    }

    private static void SayAndWait(string line, ProcessEvent gate)
    {
        Console.WriteLine(line);
        gate.Wait();
    }

    private static int ProcessId() => Environment.ProcessId;

    private static void KillSelfWithSpare(SharedValue<int> spare)
    {
        WorkerProcess.KeepSparesAsync(1).Wait();
        spare.Value = Spares().Single();
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}
