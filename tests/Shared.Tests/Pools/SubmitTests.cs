using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class SubmitTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_call_returns_its_value_from_another_process()
    {
        await using var pool = new ProcessPool(1);

        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
        Assert.NotEqual(Environment.ProcessId, await pool.Submit(PoolTasks.ProcessId));
        Assert.Equal(42, pool.Invoke(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task Lambdas_bring_what_they_capture_and_asynchronous_calls_are_awaited()
    {
        await using var pool = new ProcessPool(1);
        int factor = 3;

        Assert.Equal(15, await pool.Submit(x => x * factor, 5));
        Assert.Equal(15, await pool.Submit(() => 5 * factor));
        Assert.Equal(42, await pool.Submit(PoolTasks.DoubleLater, 21));
        await pool.Submit(() => { });
    }

    [Fact(Timeout = 60_000)]
    public async Task Asynchronous_calls_without_a_result_are_awaited_there_whatever_their_arguments()
    {
        await using var pool = new ProcessPool(1);
        using var sum = new SharedValue<int>();

        await pool.Submit(async () =>
        {
            await Task.Yield();
            _ = sum.Add(1);
        });
        await pool.Submit(
            async total =>
            {
                await Task.Yield();
                _ = total.Add(2);
            },
            sum);
        await pool.Submit(
            async (SharedValue<int> total, CancellationToken cancellationToken) =>
            {
                await Task.Delay(1, cancellationToken);
                _ = total.Add(4);
            },
            sum);
        await pool.Submit(
            async (SharedValue<int> total, int number) =>
            {
                await Task.Yield();
                _ = total.Add(number);
            },
            sum,
            8);
        await pool.Submit((SharedValue<int> total, int number) => { _ = total.Add(number); }, sum, 16);

        Assert.Equal(31, sum.Value);
        Assert.Equal(5, await pool.Submit(async (int left, int right) => await Task.FromResult(left + right), 2, 3));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_extension_method_of_a_delegate_brings_that_along()
    {
        await using var pool = new ProcessPool(1);
        int factor = 3;
        Func<int, int> once = number => number * factor;
        Func<int, int> twice = once.Twice;

        Assert.Equal(45, await pool.Submit(twice, 5));
        Assert.Equal(90, await pool.Submit(() => twice(5) + once(15)));
    }

    [Fact(Timeout = 60_000)]
    public async Task One_task_after_another_uses_one_worker()
    {
        await using var pool = new ProcessPool(3);
        int first = await pool.Submit(PoolTasks.ProcessId);

        for (int time = 0; time < 10; time++)
        {
            Assert.Equal(first, await pool.Submit(PoolTasks.ProcessId));
        }

        Assert.Single(pool.GetInsights().Workers);
    }

    [Fact(Timeout = 60_000)]
    public async Task Tasks_that_wait_for_each_other_run_at_once()
    {
        await using var pool = new ProcessPool(2);
        using var left = new ProcessEvent();
        using var right = new ProcessEvent();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(number => pool.Submit(PoolTasks.Double, number)));

        int[] processes = await Task.WhenAll(
            pool.Submit(PoolTasks.SetAndWait, left, right), pool.Submit(PoolTasks.SetAndWait, right, left));

        Assert.NotEqual(processes[0], processes[1]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Tasks_sent_ahead_of_a_long_one_go_to_an_idle_worker()
    {
        await using var pool = new ProcessPool(2);
        using var gate = new ProcessEvent();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(number => pool.Submit(PoolTasks.Double, number)));

        Task<int> held = pool.Submit(PoolTasks.WaitFor, gate);
        int[] results = await Task.WhenAll(Enumerable.Range(0, 500).Select(number => pool.Submit(PoolTasks.Double, number)));
        gate.Set();
        await held;

        Assert.Equal(Enumerable.Range(0, 500).Select(PoolTasks.Double), results);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exception_arrives_with_its_type_and_its_remote_stack()
    {
        await using var pool = new ProcessPool(1);

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => pool.Submit(PoolTasks.Fail, 3));

        Assert.Equal(typeof(InvalidOperationException).FullName, error.Error.TypeName);
        Assert.Equal("not 3", error.Error.Message);
        Assert.Contains(nameof(PoolTasks.Fail), error.Error.StackTrace, StringComparison.Ordinal);
        Assert.StartsWith("PoolWorker-", error.ProcessName, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exception_that_nobody_can_rebuild_fails_its_task_only()
    {
        await using var pool = new ProcessPool(1);
        int process = await pool.Submit(PoolTasks.ProcessId);

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => pool.Submit(PoolTasks.FailOddly));

        Assert.Equal("1 and two", error.Error.Message);
        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_result_that_cannot_travel_fails_its_task_and_no_worker_is_lost()
    {
        await using var pool = new ProcessPool(1);
        int process = await pool.Submit(PoolTasks.ProcessId);

        for (int time = 0; time < 20; time++)
        {
            RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => pool.Submit(PoolTasks.Unserializable));
            Assert.Equal(typeof(MessageSerializationException).FullName, error.Error.TypeName);
        }

        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_continuation_that_throws_harms_nobody()
    {
        await using var pool = new ProcessPool(1);

        Task failing = pool.Submit(PoolTasks.Double, 1).ContinueWith(
            static _ => throw new InvalidOperationException("mine"), TaskScheduler.Default);

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_progress_listener_that_throws_fails_its_map_and_not_the_pool()
    {
        await using var pool = new ProcessPool(1);
        var options = new PoolMapOptions { Progress = new Thrower() };

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => pool.MapAsync(PoolTasks.Double, [1, 2, 3], options, TestContext.Current.CancellationToken));

        Assert.Equal("not interested", error.Message);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    private sealed class Thrower : IProgress<PoolProgress>
    {
        public void Report(PoolProgress value) => throw new InvalidOperationException("not interested");
    }
}
