using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class MapTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10_000)]
    public async Task Results_come_in_the_order_of_the_items_whatever_the_chunk_size(int? chunkSize)
    {
        await using var pool = new ProcessPool(2);
        int[] items = [.. Enumerable.Range(0, 1000)];
        var options = new PoolMapOptions { ChunkSize = chunkSize };

        Assert.Equal(items.Select(PoolTasks.Double), await pool.MapAsync(PoolTasks.Double, items, options));
        Assert.Equal(items.Select(PoolTasks.Double), pool.Map(PoolTasks.Double, items.Where(_ => true), options));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(20)]
    public async Task No_items_give_no_results_and_start_no_worker(int? chunkSize)
    {
        await using var pool = new ProcessPool(1);
        var options = new PoolMapOptions { ChunkSize = chunkSize };
        var unordered = new PoolMapOptions { ChunkSize = chunkSize, IsOrdered = false };

        Assert.Empty(await pool.MapAsync(PoolTasks.Double, Array.Empty<int>(), options));
        Assert.Empty(pool.Map(PoolTasks.Double, new List<int>(), options));
        Assert.Empty(await pool.SelectAsync(PoolTasks.Double, Array.Empty<int>(), options).ToArrayAsync());
        Assert.Empty(await pool.SelectAsync(PoolTasks.Double, Array.Empty<int>(), unordered).ToArrayAsync());
        Assert.Empty(await pool.SelectAsync(PoolTasks.Double, AsyncEnumerable.Empty<int>(), options).ToArrayAsync());
        Assert.Empty(await pool.SelectAsync(PoolTasks.Double, AsyncEnumerable.Empty<int>(), unordered).ToArrayAsync());
        Assert.Empty(pool.GetInsights().Workers);
    }

    [Fact(Timeout = 60_000)]
    public async Task Pairs_are_taken_apart_into_arguments()
    {
        await using var pool = new ProcessPool(2);

        int[] products = await pool.MapAsync(static (int left, int right) => left * right, [(1, 3), (3, 4)]);

        Assert.Equal([3, 12], products);
    }

    [Fact(Timeout = 60_000)]
    public async Task Asynchronous_calls_are_awaited()
    {
        await using var pool = new ProcessPool(2);
        int[] results = await pool.MapAsync(PoolTasks.DoubleLater, [1, 2, 3]);

        Assert.Equal([2, 4, 6], results);
    }

    [Fact(Timeout = 60_000)]
    public async Task Unordered_results_come_each_exactly_once()
    {
        await using var pool = new ProcessPool(2);
        var options = new PoolMapOptions { IsOrdered = false, ChunkSize = 3 };

        int[] results = await pool.SelectAsync(PoolTasks.Double, Enumerable.Range(0, 500), options).ToArrayAsync();

        Assert.Equal(Enumerable.Range(0, 500).Select(PoolTasks.Double), results.Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_unordered_map_gives_what_is_ready_while_the_first_item_still_runs()
    {
        await using var pool = new ProcessPool(2);
        using var gate = new ProcessEvent();
        using var done = new SharedValue<int>();
        await using IAsyncEnumerator<int> results = HeldAtFirst(pool, gate, done, isOrdered: false).GetAsyncEnumerator();
        List<int> early = [];
        while (early.Count < 5)
        {
            Assert.True(await results.MoveNextAsync());
            early.Add(results.Current);
        }

        Assert.Equal(Enumerable.Range(1, 5), early.Order());
        gate.Set();
        Assert.True(await results.MoveNextAsync());
        Assert.Equal(0, results.Current);
        Assert.False(await results.MoveNextAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_ordered_map_keeps_results_back_for_the_first_item()
    {
        await using var pool = new ProcessPool(2);
        using var gate = new ProcessEvent();
        using var done = new SharedValue<int>();
        await using IAsyncEnumerator<int> results = HeldAtFirst(pool, gate, done, isOrdered: true).GetAsyncEnumerator();

        Task<bool> first = results.MoveNextAsync().AsTask();
        await Eventually.HoldsAsync(() => done.Value == 5);
        Assert.False(first.IsCompleted);
        gate.Set();

        Assert.True(await first);
        for (int number = 0; number < 6; number++)
        {
            Assert.Equal(number, results.Current);
            Assert.Equal(number < 5, await results.MoveNextAsync());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task An_array_of_results_is_in_order_whatever_the_options_say()
    {
        await using var pool = new ProcessPool(2);
        using var gate = new ProcessEvent();
        using var done = new SharedValue<int>();

        Task<int[]> all = AllHeldAtFirst(pool, gate, done);
        await Eventually.HoldsAsync(() => done.Value == 5);
        gate.Set();

        Assert.Equal(Enumerable.Range(0, 6), await all);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_chunk_counts_as_one_task_of_its_worker()
    {
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, TasksPerWorker = 2 });

        int[] processes = await pool.MapAsync(
            static _ => Environment.ProcessId, Enumerable.Range(0, 40), new PoolMapOptions { ChunkSize = 10 });

        Assert.Equal([20, 20], processes.GroupBy(process => process).Select(group => group.Count()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Progress_never_goes_back()
    {
        await using var pool = new ProcessPool(2);
        var progress = new SlowAtFirst();

        await pool.MapAsync(PoolTasks.Double, Enumerable.Range(0, 40).ToArray(), new PoolMapOptions { Progress = progress, ChunkSize = 1 });

        Assert.Equal(Enumerable.Range(1, 40).Select(number => (long)number), progress.Told);
    }

    [Fact(Timeout = 60_000)]
    public async Task Progress_is_told_up_to_the_end()
    {
        await using var pool = new ProcessPool(2);
        var progress = new Reports();

        await pool.MapAsync(PoolTasks.Double, Enumerable.Range(0, 100).ToArray(), new PoolMapOptions { Progress = progress, ChunkSize = 10 });

        Assert.Equal(10, progress.All.Count);
        Assert.Contains(progress.All, report => report is { Completed: 100, Total: 100 });
        Assert.Equal(TimeSpan.Zero, progress.All.Single(report => report.Completed == 100).Remaining);
    }

    [Fact]
    public void Sizes_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PoolMapOptions { ChunkSize = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new PoolMapOptions { Window = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessPool(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessPool(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessPoolOptions { TasksPerWorker = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessPoolOptions { TaskTimeout = TimeSpan.Zero });
    }

    // Apart, so that the lambdas capture nothing else.
    private static IAsyncEnumerable<int> HeldAtFirst(ProcessPool pool, ProcessEvent gate, SharedValue<int> done, bool isOrdered) =>
        pool.SelectAsync(
            number => HoldFirst(number, gate, done), Enumerable.Range(0, 6), new PoolMapOptions { ChunkSize = 1, IsOrdered = isOrdered });

    private static Task<int[]> AllHeldAtFirst(ProcessPool pool, ProcessEvent gate, SharedValue<int> done) =>
        pool.MapAsync(
            number => HoldFirst(number, gate, done), Enumerable.Range(0, 6), new PoolMapOptions { ChunkSize = 1, IsOrdered = false });

    private static int HoldFirst(int number, ProcessEvent gate, SharedValue<int> done)
    {
        if (number == 0)
        {
            gate.Wait();
        }

        _ = done.Increment();
        return number;
    }

    /// <summary>Overtaken by every report that is not kept from it: it takes its time for the earlier ones.</summary>
    private sealed class SlowAtFirst : IProgress<PoolProgress>
    {
        public System.Collections.Concurrent.ConcurrentQueue<long> Told { get; } = [];

        public void Report(PoolProgress value)
        {
            Thread.SpinWait((int)(40 - value.Completed) * 10_000);
            Told.Enqueue(value.Completed);
        }
    }

    private sealed class Reports : IProgress<PoolProgress>
    {
        public System.Collections.Concurrent.ConcurrentBag<PoolProgress> All { get; } = [];

        public void Report(PoolProgress value) => All.Add(value);
    }
}
