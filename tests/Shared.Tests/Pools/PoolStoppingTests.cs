using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class PoolStoppingTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("StopAsync", 10_000)]
    [InlineData("DisposeAsync", 10_000)]
    [InlineData("Dispose", 10_000)]
    [InlineData("StopAsync", 0)]
    [InlineData("DisposeAsync", 0)]
    [InlineData("Dispose", 0)]
    public async Task Stopping_kills_what_runs_and_no_worker_process_is_left(string how, int waiting)
    {
        var pool = new ProcessPool(3);
        using var barrier = new ProcessBarrier(3);
        using var first = new ProcessEvent();
        using var second = new ProcessEvent();
        int[] ids = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => pool.Submit(PoolTasks.Meet, barrier)));
        ProcessIdentity[] processes = [.. ids.Select(id => ProcessIdentity.Of(id)!.Value)];
        List<Task<int>> tasks = [pool.Submit(SetAndStay, first), pool.Submit(SetAndStay, second)];
        await first.WaitAsync();
        await second.WaitAsync();
        tasks.AddRange(Enumerable.Range(0, waiting).Select(_ => pool.Submit(PoolTasks.Forever))); // without any, the third worker is idle

        await EndAsync(pool, how);

        Assert.DoesNotContain(processes, process => process.IsAlive);
        Assert.Equal(3, processes.Distinct().Count());
        Assert.All(tasks, task => Assert.True(task.IsCanceled));
        Assert.Empty(pool.GetInsights().Workers);
        Assert.Throws<ObjectDisposedException>(() => { _ = pool.Submit(PoolTasks.Double, 1); });
        await pool.StopAsync();
        pool.Dispose();
    }

    private static Task EndAsync(ProcessPool pool, string how)
    {
        switch (how)
        {
            case "StopAsync":
                return pool.StopAsync();
            case "DisposeAsync":
                return pool.DisposeAsync().AsTask();
            default:
                pool.Dispose();
                return Task.CompletedTask;
        }
    }

    private static int SetAndStay(ProcessEvent started)
    {
        started.Set();
        return PoolTasks.Forever();
    }
}
