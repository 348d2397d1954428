using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

// Workers that cannot be made ready.
public sealed class BrokenPoolTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact(Timeout = 60_000)]
    public async Task A_broken_pool_starts_no_more_workers_although_one_still_holds_tasks()
    {
        using var started = new SharedValue<int>();
        using var gate = new ProcessEvent();
        await using ProcessPool pool = CreatePool(started);
        for (int number = 0; number < 300; number++)
        {
            _ = await pool.Submit(PoolTasks.Double, number); // one at a time: the first worker takes all
        }

        Task<int> held = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int>[] tasks = [.. Enumerable.Range(0, 100).Select(number => pool.Submit(PoolTasks.Double, number))];

        BrokenProcessPoolException broken = await Assert.ThrowsAsync<BrokenProcessPoolException>(() => tasks[^1]);
        Assert.Equal("cannot begin", Assert.IsType<RemoteException>(broken.InnerException).Error.Message);
        using var tooLong = new CancellationTokenSource(s_limit);
        while (pool.GetInsights().Workers.Count > 1)
        {
            await Task.Delay(5, tooLong.Token);
        }

        gate.Set();
        _ = await held;
        Assert.InRange(started.Value, 4, 5); // the third that fails breaks the pool; another may have been on its way
    }

    [Fact(Timeout = 60_000)]
    public async Task Workers_that_are_killed_while_they_start_break_nothing()
    {
        using var gate = new ProcessEvent();
        await using ProcessPool pool = CreateWaitingPool(gate);
        Task<int> task = pool.Submit(PoolTasks.Double, 21);
        var killed = new HashSet<int>();

        using var tooLong = new CancellationTokenSource(s_limit);
        while (killed.Count < 5)
        {
            if (pool.GetInsights().Workers is [{ ProcessId: > 0 and int process }] && killed.Add(process))
            {
                PoolTasks.KillProcess(process);
            }

            await Task.Delay(5, tooLong.Token);
        }

        gate.Set();

        Assert.Equal(42, await task);
    }

    private static ProcessPool CreateWaitingPool(ProcessEvent gate) =>
        new(new ProcessPoolOptions { WorkerCount = 1, Initializer = () => gate.Wait() });

    private static ProcessPool CreatePool(SharedValue<int> started) => new(new ProcessPoolOptions
    {
        WorkerCount = 3,
        Initializer = () =>
        {
            if (started.Increment() > 1)
            {
                throw new InvalidOperationException("cannot begin");
            }
        },
    });
}
