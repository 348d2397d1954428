using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class CancellationTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_running_task_that_takes_a_token_is_asked_and_its_worker_lives_on()
    {
        await using var pool = Patient();
        using var started = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        int process = await pool.Submit(PoolTasks.ProcessId);
        Task<int> task = pool.Submit(PoolTasks.UntilCancelled, started, cancellationToken: cancel.Token);
        await started.WaitAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_running_task_that_does_not_listen_is_killed_with_its_worker_only()
    {
        await using var pool = new ProcessPool(
            new ProcessPoolOptions { WorkerCount = 2, CancellationGrace = TimeSpan.FromMilliseconds(100) });
        using var gate = new ProcessEvent();
        using var started = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        Task<int> other = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int> task = pool.Submit(PoolTasks.IgnoringCancellation, started, cancellationToken: cancel.Token);
        await started.WaitAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        gate.Set();
        await other;
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_waits_is_cancelled_at_once_and_never_runs()
    {
        await using var pool = new ProcessPool(1);
        using var gate = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        Task<int> first = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int> second = pool.Submit(PoolTasks.KillSelf, cancellationToken: cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.Set();
        Assert.Equal(await first, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_was_sent_ahead_can_be_cancelled_too()
    {
        await using var pool = new ProcessPool(1);
        using var gate = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(number => pool.Submit(PoolTasks.Double, number)));
        Task<int> first = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int>[] ahead = [.. Enumerable.Range(0, 20).Select(_ => pool.Submit(PoolTasks.KillSelf, cancellationToken: cancel.Token))];

        await cancel.CancelAsync();

        foreach (Task<int> task in ahead)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        }

        gate.Set();
        Assert.Equal(await first, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_out_of_time_fails_and_names_itself()
    {
        await using var pool = new ProcessPool(1);
        var options = new PoolTaskOptions { Timeout = TimeSpan.FromMilliseconds(50) };

        TimeoutException error = await Assert.ThrowsAsync<TimeoutException>(() => pool.Submit(PoolTasks.Forever, options));

        Assert.Contains("PoolTasks.Forever", error.Message, StringComparison.Ordinal);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_out_of_time_that_takes_a_token_keeps_its_worker()
    {
        await using var pool = Patient();
        using var started = new ProcessEvent();
        int process = await pool.Submit(PoolTasks.ProcessId);
        var options = new PoolTaskOptions { Timeout = TimeSpan.FromMilliseconds(50) };

        await Assert.ThrowsAsync<TimeoutException>(() => pool.Submit(PoolTasks.UntilCancelled, started, options));

        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    // Its workers are not killed because a processor was busy elsewhere when a task should have heard of its end.
    private static ProcessPool Patient() => new(new ProcessPoolOptions { WorkerCount = 1, CancellationGrace = TimeSpan.FromSeconds(50) });
}
