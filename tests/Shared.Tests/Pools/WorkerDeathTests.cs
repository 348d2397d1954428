using IpcDemos.Shared.Memory;
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
    public async Task A_task_that_exits_fails_with_its_code_and_its_last_lines()
    {
        await using var pool = new ProcessPool(1);

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(PoolTasks.Exit, 3));

        Assert.Equal(3, error.ExitCode);
        Assert.Contains("exit code 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("before PoolTasks.Exit(3) did", error.Message, StringComparison.Ordinal);
        Assert.Equal("3", error.Arguments);
        Assert.Contains("leaving in the middle of it", error.LastErrorLines, StringComparison.Ordinal);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stack_overflow_fails_its_task_only()
    {
        Wine.SkipHere("a stack overflow does not end the process.");
        await using var pool = new ProcessPool(1);

        await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(PoolTasks.Overflow, 0));

        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_runs_out_of_memory_fails_with_that_and_no_other_does()
    {
        await using var pool = new ProcessPool(2);
        using var gate = new ProcessEvent();
        Task<int> other = pool.Submit(PoolTasks.WaitFor, gate);

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => pool.Submit(PoolTasks.Hoard));
        gate.Set();

        Assert.Equal(typeof(OutOfMemoryException).FullName, error.Error.TypeName);
        _ = await other;
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
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

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_fails_fast_fails_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There it may ask the user.");
        await using var pool = new ProcessPool(1);

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(FailFast, "nothing makes sense"));

        Assert.Contains("killed by signal 6 (SIGABRT", error.Message, StringComparison.Ordinal);
        Assert.Contains("nothing makes sense", error.LastErrorLines, StringComparison.Ordinal);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
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
        Task<int> dies = pool.Submit(WaitAndKillSelf, gate);
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

    [Fact(Timeout = 60_000)]
    public async Task A_failing_initializer_breaks_the_pool_with_its_error()
    {
        using var started = new SharedValue<int>();
        await using var pool = new ProcessPool(new ProcessPoolOptions
        {
            WorkerCount = 2,
            Initializer = () =>
            {
                _ = started.Increment();
                throw new InvalidOperationException("cannot begin");
            },
        });

        Task<int>[] tasks = [.. Enumerable.Range(0, 10).Select(number => pool.Submit(PoolTasks.Double, number))];

        foreach (Task<int> task in tasks)
        {
            BrokenProcessPoolException error = await Assert.ThrowsAsync<BrokenProcessPoolException>(() => task);
            Assert.Equal("cannot begin", Assert.IsType<RemoteException>(error.InnerException).Error.Message);
        }

        Assert.Throws<BrokenProcessPoolException>(() => { _ = pool.Submit(PoolTasks.Double, 1); });
        Assert.InRange(started.Value, 3, 4); // the third breaks the pool; another may have been on its way
    }

    [Fact(Timeout = 60_000)]
    public async Task An_initializer_that_exits_breaks_the_pool_too()
    {
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, Initializer = static () => Environment.Exit(5) });

        BrokenProcessPoolException error = await Assert.ThrowsAsync<BrokenProcessPoolException>(() => pool.Submit(PoolTasks.Double, 1));

        Assert.Equal(5, Assert.IsType<WorkerDiedException>(error.InnerException).ExitCode);
    }

    [Theory(Timeout = 300_000)]
    [InlineData(100)]
    [InlineData(0)]
    public async Task Every_task_ends_while_workers_are_killed_all_the_time(int retries)
    {
        // Where a worker takes longer to start than it then lives, there is little time for tasks.
        int count = OperatingSystem.IsWindows() ? Wine.Times(500) : 20_000;
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 4, Retries = retries });
        using var done = new CancellationTokenSource();
        Task<int> killing = Task.Run(() => KillWorkersAsync(pool, done.Token));
        int[] died = new int[count];

        await Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = 500 },
            async (number, token) =>
            {
                try
                {
                    Assert.Equal(number * 2, await pool.Submit(PoolTasks.Double, number, cancellationToken: token));
                }
                catch (WorkerDiedException)
                {
                    died[number] = 1;
                }
            });
        await done.CancelAsync();

        Assert.True(await killing > 0);
        Assert.Equal(0, retries == 0 ? 0 : died.Sum());
    }

    private static int CountAndKillSelf(SharedValue<int> runs)
    {
        _ = runs.Increment();
        return PoolTasks.KillSelf();
    }

    private static int WaitAndKillSelf(ProcessEvent gate)
    {
        gate.Wait();
        return PoolTasks.KillSelf();
    }

    private static int FailFast(string message)
    {
        Environment.FailFast(message);
        return 0;
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

    private static async Task<int> KillWorkersAsync(ProcessPool pool, CancellationToken cancellationToken)
    {
        int killed = 0;
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
                    killed++;
                }
                catch (Exception error) when (error is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
                {
                    // It was gone before.
                }
            }

            // Under Wine a worker would not live long enough for any task.
            await Task.Delay(Wine.IsHost ? 200 : 10, CancellationToken.None);
        }

        return killed;
    }
}
