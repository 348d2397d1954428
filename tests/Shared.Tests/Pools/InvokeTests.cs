using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

// Whoever waits for one call reads its answer himself; what that could break.
public sealed class InvokeTests
{
    [Fact(Timeout = 60_000)]
    public async Task Many_threads_that_call_at_once_get_each_its_own_result()
    {
        int calls = Wine.Times(1000);
        await using var pool = new ProcessPool(2);

        Task<int>[] threads = [.. Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
            Enumerable.Range(thread * calls, calls).Sum(number => pool.Invoke(PoolTasks.Double, number) == number * 2 ? 1 : 0)))];

        Assert.All(await Task.WhenAll(threads), right => Assert.Equal(calls, right));
    }

    [Fact(Timeout = 60_000)]
    public async Task Calls_and_tasks_take_turns()
    {
        await using var pool = new ProcessPool(1);
        for (int number = 0; number < 300; number++)
        {
            Assert.Equal(number * 2, pool.Invoke(PoolTasks.Double, number));
            Task<int> task = pool.Submit(PoolTasks.Double, number);
            Assert.Equal(number * 2, number % 2 == 0 ? await task : pool.Invoke(PoolTasks.Double, number));
            Assert.Equal(number * 2, await task);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_call_whose_worker_dies_fails_and_the_next_one_does_not()
    {
        await using var pool = new ProcessPool(1);
        for (int time = 0; time < 5; time++)
        {
            Assert.Equal(42, pool.Invoke(PoolTasks.Double, 21));
            Assert.Equal(42, pool.Invoke(PoolTasks.Double, 21));
            Assert.Throws<WorkerDiedException>(() => pool.Invoke(PoolTasks.Exit, 3));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_died_while_nobody_read_is_not_noticed()
    {
        await using var pool = new ProcessPool(1);
        for (int time = 0; time < 5; time++)
        {
            int process = pool.Invoke(PoolTasks.ProcessId);
            Assert.Equal(process, pool.Invoke(PoolTasks.ProcessId));
            PoolTasks.KillProcess(process);

            Assert.NotEqual(process, pool.Invoke(PoolTasks.ProcessId));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_long_call_hears_of_its_cancellation_and_of_its_time_out()
    {
        await using var pool = new ProcessPool(1);
        _ = pool.Invoke(PoolTasks.Double, 1);
        _ = pool.Invoke(PoolTasks.Double, 1);
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));

        Assert.ThrowsAny<OperationCanceledException>(() => pool.Invoke(PoolTasks.Forever, cancellationToken: cancel.Token));
        Assert.Equal(2, pool.Invoke(PoolTasks.Double, 1));
        Assert.Throws<TimeoutException>(
            () => pool.Invoke(PoolTasks.Forever, new PoolTaskOptions { Timeout = TimeSpan.FromMilliseconds(20) }));
        Assert.Equal(2, pool.Invoke(PoolTasks.Double, 1));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pool_whose_calls_were_awaited_one_by_one_completes()
    {
        var pool = new ProcessPool(2);
        _ = pool.Invoke(PoolTasks.Double, 1);
        _ = pool.Invoke(PoolTasks.Double, 1);

        await pool.CompleteAsync();

        Assert.All(pool.GetInsights().EndedWorkers, worker => Assert.Equal(0, worker.ExitCode));
    }
}
