using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

// Tasks that take longer than they may.
public sealed class TimeLimitTests
{
    // Whoever is asked to end has all the time that it may need where others want the processors, too.
    private static readonly ProcessPoolOptions s_patient = new() { WorkerCount = 1, CancellationGrace = TimeSpan.FromSeconds(50) };

    private static readonly PoolTaskOptions s_short = new() { Timeout = TimeSpan.FromMilliseconds(50) };

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
        await using var pool = new ProcessPool(1);
        using var started = new ProcessEvent();
        int process = await pool.Submit(PoolTasks.ProcessId);
        var options = new PoolTaskOptions { Timeout = TimeSpan.FromMilliseconds(50) };

        await Assert.ThrowsAsync<TimeoutException>(() => pool.Submit(PoolTasks.UntilCancelled, started, options));

        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_out_of_time_that_returns_all_the_same_is_out_of_time()
    {
        await using var pool = new ProcessPool(s_patient);
        using var started = new ProcessEvent();
        int process = await pool.Submit(PoolTasks.ProcessId);

        TimeoutException error = await OutOfTimeAsync(() => pool.Submit(PoolTasks.ReturnWhenCancelled, started, s_short), started);

        Assert.Null(error.InnerException);
        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_out_of_time_that_fails_otherwise_is_out_of_time_and_tells_how_it_failed()
    {
        await using var pool = new ProcessPool(s_patient);
        using var started = new ProcessEvent();
        int process = await pool.Submit(PoolTasks.ProcessId);

        TimeoutException error = await OutOfTimeAsync(() => pool.Submit(PoolTasks.FailWhenCancelled, started, s_short), started);

        Assert.Contains("PoolTasks.FailWhenCancelled", error.Message, StringComparison.Ordinal);
        Assert.Equal("cannot clean up", Assert.IsType<RemoteException>(error.InnerException).Error.Message);
        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_result_that_comes_too_late_is_given_up()
    {
        await using var pool = new ProcessPool(s_patient);
        (Connection here, Connection there) = Pipe.Create();
        using (here)
        {
            await Assert.ThrowsAsync<TimeoutException>(() => pool.Submit(ReturnWhenCancelled, there, s_short));
            await Assert.ThrowsAsync<ConnectionClosedException>(
                () => here.ReceiveAsync<int>(TestContext.Current.CancellationToken).AsTask());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pools_limit_of_time_holds_for_every_task_unless_the_task_has_its_own()
    {
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 2, TaskTimeout = s_short.Timeout });
        using var started = new ProcessEvent();
        using var gate = new ProcessEvent();
        Task<int> longer = pool.Submit(PoolTasks.SetAndWait, started, gate, new PoolTaskOptions { Timeout = TimeSpan.FromMinutes(1) });
        await started.WaitAsync();

        // Begun later and out of time: so the other has been running for longer than the pool's limit.
        await Assert.ThrowsAsync<TimeoutException>(() => pool.Submit(PoolTasks.Forever));
        gate.Set();

        Assert.NotEqual(Environment.ProcessId, await longer);
    }

    [Fact(Timeout = 60_000)]
    public async Task Time_that_a_task_waits_for_a_worker_does_not_count()
    {
        await using var pool = new ProcessPool(1);
        await using var clock = new ProcessPool(1);
        using var gate = new ProcessEvent();
        var options = new PoolTaskOptions { Timeout = TimeSpan.FromSeconds(2) };
        _ = await pool.Submit(PoolTasks.Double, 1);
        Task<int> first = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int> second = pool.Submit(PoolTasks.Double, 21, options);

        await Assert.ThrowsAsync<TimeoutException>(() => clock.Submit(PoolTasks.Forever, options));
        gate.Set();

        _ = await first;
        Assert.Equal(42, await second);
    }

    /// <summary>Under load it may be out of time before its worker has come to it.</summary>
    private static async Task<TimeoutException> OutOfTimeAsync(Func<Task> submit, ProcessEvent started)
    {
        while (true)
        {
            TimeoutException error = await Assert.ThrowsAsync<TimeoutException>(submit);
            if (started.IsSet)
            {
                return error;
            }
        }
    }

    private static Connection ReturnWhenCancelled(Connection connection, CancellationToken cancellationToken)
    {
        _ = cancellationToken.WaitHandle.WaitOne();
        return connection;
    }
}
