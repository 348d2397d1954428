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
        int count = OperatingSystem.IsWindows() ? 500 : 20_000;
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

    private static async Task<int> KillWorkersAsync(ProcessPool pool, CancellationToken cancellationToken)
    {
        int killed = 0;
        for (int turn = 0; !cancellationToken.IsCancellationRequested; turn++)
        {
            // One that is still starting is left alone: with none ever ready, there would be nothing to see.
            WorkerInsights[] ready = [.. pool.GetInsights().Workers.Where(worker => worker.IsReady)];
            if (ready.Length > 0)
            {
                try
                {
                    PoolTasks.KillProcess(ready[turn % ready.Length].ProcessId);
                    killed++;
                }
                catch (Exception error) when (error is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
                {
                    // It was gone before.
                }
            }

            await Task.Delay(10, CancellationToken.None);
        }

        return killed;
    }
}
