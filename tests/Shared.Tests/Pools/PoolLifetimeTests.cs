using System.Text.Json;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class PoolLifetimeTests
{
    [Fact(Timeout = 60_000)]
    public async Task No_worker_starts_before_there_is_work_and_never_more_than_allowed()
    {
        await using var pool = new ProcessPool(3);
        using var gate = new ProcessEvent();
        Assert.Empty(pool.GetInsights().Workers);

        Task<int>[] tasks = [.. Enumerable.Range(0, 12).Select(_ => pool.Submit(PoolTasks.WaitFor, gate))];
        Assert.Equal(3, pool.GetInsights().Workers.Count);
        gate.Set();

        Assert.InRange((await Task.WhenAll(tasks)).Distinct().Count(), 1, 3);
        Assert.Equal(3, pool.GetInsights().Workers.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Sixteen_workers_on_however_few_processors_all_run_at_once_and_share_the_work()
    {
        const int Workers = 16;
        int[] numbers = [.. Enumerable.Range(0, Wine.Times(5000))];
        await using var pool = new ProcessPool(Workers);
        using var barrier = new ProcessBarrier(Workers);

        int[] processes = await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => pool.Submit(PoolTasks.Meet, barrier)));
        int[] results = await Task.WhenAll(numbers.Select(number => pool.Submit(PoolTasks.Double, number)));

        Assert.Equal(Workers, processes.Distinct().Count());
        Assert.Equal(numbers.Select(PoolTasks.Double), results);
        Assert.Equal(Workers, pool.GetInsights().Workers.Count);
        await pool.CompleteAsync();
        Assert.Empty(pool.GetInsights().Workers);
    }

    [Fact(Timeout = 60_000)]
    public async Task Completing_finishes_all_tasks_and_takes_no_more()
    {
        await using var pool = new ProcessPool(2);
        Task<int>[] tasks = [.. Enumerable.Range(0, 50).Select(number => pool.Submit(PoolTasks.Double, number))];

        await pool.CompleteAsync();

        Assert.All(tasks, task => Assert.True(task.IsCompletedSuccessfully));
        Assert.Empty(pool.GetInsights().Workers);
        Assert.Throws<ObjectDisposedException>(() => { _ = pool.Submit(PoolTasks.Double, 1); });
        await pool.CompleteAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Completing_can_cancel_what_has_not_started_and_lets_the_rest_end()
    {
        await using var pool = new ProcessPool(1);
        using var started = new ProcessEvent();
        using var gate = new ProcessEvent();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(number => pool.Submit(PoolTasks.Double, number)));
        Task<int> running = pool.Submit(PoolTasks.SetAndWait, started, gate);
        Task<int>[] waiting = [.. Enumerable.Range(0, 50).Select(_ => pool.Submit(PoolTasks.KillSelf))]; // some are sent ahead
        await started.WaitAsync();

        Task completed = pool.CompleteAsync(cancelPending: true);

        foreach (Task<int> task in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        }

        Assert.False(completed.IsCompleted);
        gate.Set();
        _ = await running;
        await completed;
        Assert.Equal(0, Assert.Single(pool.GetInsights().EndedWorkers).ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Stopping_asks_a_task_that_takes_a_token()
    {
        var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, CancellationGrace = TimeSpan.FromSeconds(50) });
        using var started = new ProcessEvent();
        Task<int> task = pool.Submit(PoolTasks.UntilCancelled, started);
        await started.WaitAsync();

        await pool.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
    }

    [Fact(Timeout = 60_000)]
    public async Task Workers_are_replaced_after_so_many_tasks()
    {
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, TasksPerWorker = 5 });

        int[] processes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => pool.Submit(PoolTasks.ProcessId)));

        Assert.All(processes.GroupBy(process => process), group => Assert.InRange(group.Count(), 1, 5));
    }

    [Fact(Timeout = 60_000)]
    public async Task Completing_with_one_task_per_worker_finishes_all()
    {
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 3, TasksPerWorker = 1 });
        Task<int>[] tasks = [.. Enumerable.Range(0, 6).Select(_ => pool.Submit(PoolTasks.ProcessId))];

        await pool.CompleteAsync();

        Assert.Equal(6, (await Task.WhenAll(tasks)).Distinct().Count());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_above_its_memory_is_replaced()
    {
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, MaximumMemory = 1 });

        int first = await pool.Submit(PoolTasks.ProcessId);

        Assert.NotEqual(first, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_below_its_memory_is_kept()
    {
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, MaximumMemory = 1L << 40 });

        int first = await pool.Submit(PoolTasks.ProcessId);

        Assert.Equal(first, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_idle_worker_is_retired_and_another_started_when_there_is_work()
    {
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, IdleTimeout = TimeSpan.FromMilliseconds(50) });
        int first = await pool.Submit(PoolTasks.ProcessId);

        await Eventually.HoldsAsync(() => pool.GetInsights().Workers.Count == 0);

        Assert.NotEqual(first, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pool_can_be_resized_while_it_works()
    {
        await using var pool = new ProcessPool(1);
        using var left = new ProcessEvent();
        using var right = new ProcessEvent();
        Task<int> first = pool.Submit(PoolTasks.SetAndWait, left, right);
        Task<int> second = pool.Submit(PoolTasks.SetAndWait, right, left);

        pool.Resize(2);

        Assert.NotEqual(await first, await second);
        pool.Resize(1);
        await Eventually.HoldsAsync(() => pool.GetInsights().Workers.Count <= 1);

        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task Insights_tell_what_each_worker_did_and_can_be_written_as_json()
    {
        await using var pool = new ProcessPool(1);
        using var gate = new ProcessEvent();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(number => pool.Submit(PoolTasks.Double, number)));
        Task<int> held = pool.Submit(PoolTasks.WaitFor, gate);

        PoolInsights insights = pool.GetInsights();
        gate.Set();
        await held;

        WorkerInsights worker = Assert.Single(insights.Workers);
        Assert.Equal(10, worker.TaskCount);
        Assert.Equal("PoolTasks.WaitFor", worker.CurrentTask);
        Assert.True(worker.StartingUp > TimeSpan.Zero);
        Assert.Equal(5, insights.SlowestTasks.Count);
        Assert.Equal(insights.SlowestTasks.OrderByDescending(task => task.Time), insights.SlowestTasks);
        Assert.Contains("PoolWorker-", JsonSerializer.Serialize(insights), StringComparison.Ordinal);
    }
}
