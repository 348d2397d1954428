using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class WorkerCountTests
{
    [Fact(Timeout = 600_000)] // some 40 s if there is nothing else to do
    public async Task Two_hundred_workers_run_at_once_and_are_all_gone_after_that()
    {
        Wine.SkipHere("two hundred processes take minutes to start.");
        const int Workers = 200;
        const int AtATime = 4;
        await using var pool = new ProcessPool(Workers);
        using var arrived = new SharedValue<int>();
        using var gate = new ProcessEvent();

        // Each of them is there until all are. A few at a time: two hundred runtimes that start at once keep a small machine, and the tests
        // beside this one, from everything else for a minute.
        var held = new List<Task<int>>();
        while (held.Count < Workers)
        {
            held.AddRange(Enumerable.Range(0, AtATime).Select(_ => pool.Submit(Arrive, arrived, gate)));
            await Eventually.HoldsAsync(() => arrived.Value == held.Count);
        }

        Assert.Equal(Workers, pool.GetInsights().Workers.Count);
        gate.Set();
        int[] processes = await Task.WhenAll(held);
        await pool.CompleteAsync();

        Assert.Equal(Workers, processes.Distinct().Count());
        Assert.Empty(pool.GetInsights().Workers);
        Assert.Empty(ProcessRegistry.List().Select(worker => worker.ProcessId).Intersect(processes));
    }

    [Fact(Timeout = 60_000)]
    public async Task No_more_workers_are_started_than_were_needed_at_once()
    {
        await using var pool = new ProcessPool(4);
        using var left = new ProcessEvent();
        using var right = new ProcessEvent();
        int[] both = await Task.WhenAll(
            pool.Submit(PoolTasks.SetAndWait, left, right), pool.Submit(PoolTasks.SetAndWait, right, left));

        for (int time = 0; time < 10; time++)
        {
            Assert.Contains(await pool.Submit(PoolTasks.ProcessId), both);
        }

        Assert.Equal(2, pool.GetInsights().Workers.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_process_may_have_a_pool_of_its_own()
    {
        await using WorkerProcess worker = WorkerProcess.Create(PoolTasks.Within, new[] { 1, 2, 3 });
        worker.Start();

        int[] results = await worker.ResultAsync<int[]>(TestContext.Current.CancellationToken);

        Assert.Equal([2, 4, 6], results);
    }

    private static int Arrive(SharedValue<int> arrived, ProcessEvent gate)
    {
        _ = arrived.Increment();
        gate.Wait();
        return Environment.ProcessId;
    }
}
