using System.Runtime.CompilerServices;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class WorkerDeathTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_killed_worker_fails_the_task_it_was_running_and_no_other()
    {
        await using var pool = new ProcessPool(2);
        using var gate = new ProcessEvent();
        Task<int> other = pool.Submit(PoolTasks.WaitFor, gate);

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(PoolTasks.KillSelf));
        gate.Set();

        Assert.Equal(KilledExit.Code, error.ExitCode);
        Assert.Equal("PoolTasks.KillSelf", error.Task);
        Assert.NotEqual(error.ProcessId, await other);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_a_thread_was_interrupted_in_sending_to_is_taken_for_lost_and_another_takes_its_place()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");
        using var worker = WorkerProcess.Create(SubmitAfterInterruptedSubmit);
        worker.Start();
        Assert.Equal(42, await worker.ResultAsync<int>(TestContext.Current.CancellationToken));
    }

    private static async Task<int> SubmitAfterInterruptedSubmit()
    {
        await using var pool = new ProcessPool(1);
        _ = await pool.Submit(PoolTasks.ProcessId);
        CrashPoint.Arm("outbox.sent", static () => throw new ThreadInterruptedException());
        Task<int>? interrupted = null;
        using var never = new ManualResetEvent(false);
        Assert.Throws<ThreadInterruptedException>(() =>
        {
            interrupted = pool.Submit(PoolTasks.Double, 4);
            _ = never.WaitOne(); // where its thread hears of it
        });
        int next = await pool.Submit(PoolTasks.Double, 21).WaitAsync(TimeSpan.FromSeconds(30));

        // Its worker had begun it, or it went to the other one.
        Assert.True(await Record.ExceptionAsync(() => interrupted!) is null or WorkerDiedException);
        return next;
    }

    [Fact(Timeout = 60_000)]
    public async Task An_idle_worker_that_is_killed_is_not_noticed()
    {
        await using var pool = new ProcessPool(1);
        for (int time = 0; time < 5; time++)
        {
            int process = await pool.Submit(PoolTasks.ProcessId);
            PoolTasks.KillProcess(process);
            Assert.NotEqual(process, await pool.Submit(PoolTasks.ProcessId));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_whose_worker_died_is_run_again_if_it_may_be()
    {
        string path = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, Retries = 1 });
        try
        {
            Assert.Equal(42, await pool.Submit(PoolTasks.KillSelfUnless, path));
        }
        finally
        {
            File.Delete(path);
        }

        await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(PoolTasks.KillSelf));
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_always_kills_its_worker_is_run_as_often_as_allowed_and_then_fails_in_words()
    {
        using var runs = new SharedValue<int>();
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, Retries = 2 });

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(CountAndKillSelf, runs));

        Assert.Equal(3, runs.Value);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Contains("killed by signal 9 (SIGKILL", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0, 2, 3)]
    [InlineData(2, 0, 1)]
    public async Task A_tasks_own_number_of_retries_goes_before_the_pools(int pools, int own, int expected)
    {
        using var runs = new SharedValue<int>();
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, Retries = pools });

        await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(CountAndKillSelf, runs, new PoolTaskOptions { Retries = own }));

        Assert.Equal(expected, runs.Value);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_throws_is_not_run_again()
    {
        using var runs = new SharedValue<int>();
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, Retries = 3 });

        await Assert.ThrowsAsync<RemoteException>(() => pool.Submit(CountAndFail, runs));
        await pool.CompleteAsync(); // nothing is under way any more that could still run it

        Assert.Equal(1, runs.Value);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_is_killed_while_a_large_argument_is_sent_to_it_takes_nothing_with_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Stops a process as Unix does.");
        await using var pool = new ProcessPool(1);
        string large = new('x', 20_000_000);
        int process = await pool.Submit(PoolTasks.ProcessId);
        Signals.Stop(process);

        Task<int> task = pool.Submit(LengthOf, large);
        PoolTasks.KillProcess(process);

        Assert.Equal(large.Length, await task);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_dies_in_a_completing_pool_fails_its_task_and_the_others_are_finished()
    {
        await using var pool = new ProcessPool(1);
        using var gate = new ProcessEvent();
        Task<int> dies = pool.Submit(PoolTasks.WaitAndKillSelf, gate);
        Task<int>[] others = [.. Enumerable.Range(0, 10).Select(number => pool.Submit(PoolTasks.Double, number))];

        Task completed = pool.CompleteAsync();
        gate.Set();

        await Assert.ThrowsAsync<WorkerDiedException>(() => dies);
        Assert.Equal(Enumerable.Range(0, 10).Select(PoolTasks.Double), await Task.WhenAll(others));
        await completed;
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_is_killed_takes_the_workers_of_its_own_pool_along()
    {
        await using var pool = new ProcessPool(1);
        using var inner = new SharedValue<int>();
        using var started = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        Task<int> outer = pool.Submit(HoldWithin, inner, started, cancellationToken: cancel.Token);
        await started.WaitAsync();
        using var process = System.Diagnostics.Process.GetProcessById(inner.Value);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outer);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Theory(Timeout = 300_000)]
    [InlineData(100)]
    [InlineData(0)]
    public async Task Every_task_ends_while_workers_are_killed_all_the_time(int retries)
    {
        // Where a worker takes longer to start than it then lives, there is little time for tasks.
        int count = OperatingSystem.IsWindows() ? Wine.Times(500) : 20_000;
        const int leastKills = 5;
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 4, Retries = retries });
        using var done = new CancellationTokenSource();
        var killed = new StrongBox<int>();
        Task killing = Task.Run(() => KillWorkersAsync(pool, killed, done.Token));
        int died = 0;

        await Parallel.ForEachAsync(
            Enumerable.Range(0, int.MaxValue).TakeWhile(number => number < count || Volatile.Read(ref killed.Value) < leastKills),
            new ParallelOptions { MaxDegreeOfParallelism = 500 },
            async (number, token) =>
            {
                try
                {
                    Assert.Equal(number * 2, await pool.Submit(PoolTasks.Double, number, cancellationToken: token));
                }
                catch (WorkerDiedException)
                {
                    _ = Interlocked.Increment(ref died);
                }
            });
        await done.CancelAsync();

        await killing;
        Assert.InRange(died, 0, retries == 0 ? killed.Value : 0); // of those that each worker held, the one that it was running
    }

    private static int CountAndFail(SharedValue<int> runs)
    {
        _ = runs.Increment();
        throw new InvalidOperationException("not now");
    }

    private static int CountAndKillSelf(SharedValue<int> runs)
    {
        _ = runs.Increment();
        return PoolTasks.KillSelf();
    }

    private static int LengthOf(string text) => text.Length;

    private static int HoldWithin(SharedValue<int> inner, ProcessEvent started)
    {
        using var pool = new ProcessPool(1);
        return pool.Invoke(() =>
        {
            inner.Value = Environment.ProcessId;
            started.Set();
            return PoolTasks.Forever();
        });
    }

    private static async Task KillWorkersAsync(ProcessPool pool, StrongBox<int> killed, CancellationToken cancellationToken)
    {
        var seen = new HashSet<int>();
        for (int turn = 0; !cancellationToken.IsCancellationRequested; turn++)
        {
            // For each that got ready one that is still starting may be killed, too; with none ever ready there would be nothing to see.
            IReadOnlyList<WorkerInsights> workers = pool.GetInsights().Workers;
            WorkerInsights[] ready = [.. workers.Where(worker => worker.IsReady)];
            WorkerInsights? starting = workers.FirstOrDefault(worker => worker is { IsReady: false, ProcessId: > 0 });
            WorkerInsights? victim = starting is not null && ready.Any(worker => seen.Add(worker.ProcessId)) ? starting
                : ready.Length > 0 ? ready[turn % ready.Length]
                : null;
            if (victim is not null)
            {
                try
                {
                    PoolTasks.KillProcess(victim.ProcessId);
                    _ = Interlocked.Increment(ref killed.Value);
                }
                catch (Exception error) when (error is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
                {
                    // It was gone before.
                }
            }

            // Under Wine a worker would not live long enough for any task.
            await Task.Delay(Wine.IsHost ? 200 : 10, CancellationToken.None);
        }
    }
}
