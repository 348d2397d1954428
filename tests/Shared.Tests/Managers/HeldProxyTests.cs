using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Pools;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Managers;

/// <summary>Proxies in calls that pools keep for longer than whoever submitted them keeps the proxy.</summary>
public sealed class HeldProxyTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_task_that_runs_again_finds_the_object_although_its_submitter_has_let_go_of_it(bool isHosted)
    {
        await using Manager manager = await Manager.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        var options = new ProcessPoolOptions { WorkerCount = 1, Retries = 1 };
        await using var own = new ProcessPool(options);
        using SharedPool hosted = manager.CreatePool(options);
        using var gate = new ProcessEvent();
        SharedList<int> runs = manager.CreateList<int>();

        Task<int> task = isHosted ? hosted.Submit(RunTwice, runs, gate) : own.Submit(RunTwice, runs, gate);
        runs.Dispose();
        gate.Set();

        Assert.Equal(2, await task);
        await Eventually.HoldsAsync(() => manager.Inspect().Objects.Count == 1); // the hosted pool
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_proxy_for_the_initializer_of_a_pool_that_cannot_be_created_is_given_back(bool isAsync)
    {
        await using Manager keeping = await Manager.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        Manager ended = await Manager.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        using (SharedList<int> list = keeping.CreateList<int>())
        {
            var options = new ProcessPoolOptions { Initializer = () => list.Add(1) };
            await ended.DisposeAsync();

            if (isAsync)
            {
                await Assert.ThrowsAnyAsync<Exception>(() => ended.CreatePoolAsync(options, TestContext.Current.CancellationToken));
            }
            else
            {
                Assert.ThrowsAny<Exception>(() => ended.CreatePool(options));
            }
        }

        await Eventually.HoldsAsync(() => keeping.Inspect().Objects.Count == 0);
    }

    private static int RunTwice(SharedList<int> runs, ProcessEvent gate)
    {
        using (runs)
        {
            runs.Add(Environment.ProcessId);
            gate.Wait();
            return runs.Count == 1 ? PoolTasks.KillSelf() : runs.Count;
        }
    }
}
