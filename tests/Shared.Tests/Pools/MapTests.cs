using System.Runtime.CompilerServices;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;

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

    [Fact(Timeout = 60_000)]
    public async Task No_items_give_no_results()
    {
        await using var pool = new ProcessPool(1);

        Assert.Empty(await pool.MapAsync(PoolTasks.Double, Array.Empty<int>()));
        Assert.Empty(pool.Map(PoolTasks.Double, new List<int>()));
        Assert.Empty(await pool.SelectAsync(PoolTasks.Double, Array.Empty<int>()).ToArrayAsync());
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
    public async Task An_item_that_cannot_travel_fails_the_map_and_not_the_pool()
    {
        await using var pool = new ProcessPool(1);

        await Assert.ThrowsAsync<MessageSerializationException>(
            () => pool.MapAsync(static (Unserializable _) => 0, [new Unserializable()]));
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_dies_over_a_chunk_fails_the_map_and_not_the_pool()
    {
        await using var pool = new ProcessPool(1);

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(
            () => pool.MapAsync(static number => number == 5 ? PoolTasks.KillSelf() : number, Enumerable.Range(0, 20)));

        Assert.Contains("MapTests", error.Task, StringComparison.Ordinal);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_input_that_cannot_even_begin_fails_the_map()
    {
        await using var pool = new ProcessPool(1);

        await Assert.ThrowsAsync<FormatException>(() => pool.MapAsync(PoolTasks.Double, new Unbeginnable()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Unordered_results_come_each_exactly_once()
    {
        await using var pool = new ProcessPool(2);
        var options = new PoolMapOptions { IsOrdered = false, ChunkSize = 3 };

        int[] results = await pool.SelectAsync(PoolTasks.Double, Enumerable.Range(0, 500), options).ToArrayAsync();

        Assert.Equal(Enumerable.Range(0, 500).Select(PoolTasks.Double), results.Order());
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(100)]
    public async Task A_failure_appears_behind_the_results_before_it(int chunkSize)
    {
        await using var pool = new ProcessPool(2);
        var results = new List<int>();

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(async () =>
        {
            await foreach (int result in pool.SelectAsync(
                PoolTasks.Fail, Enumerable.Range(0, 50), new PoolMapOptions { ChunkSize = chunkSize }))
            {
                results.Add(result);
            }
        });

        Assert.Equal("not 3", error.Error.Message);
        Assert.Equal([0, 1, 2], results);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(20)]
    public async Task What_the_input_throws_arrives_undressed_behind_the_results_before_it(int position)
    {
        await using var pool = new ProcessPool(2);
        var results = new List<int>();

        await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (int result in pool.SelectAsync(PoolTasks.Double, FailingAt(position)))
            {
                results.Add(result);
            }
        });

        Assert.Equal(Enumerable.Range(0, position).Select(PoolTasks.Double), results);
        await Assert.ThrowsAsync<FormatException>(() => pool.MapAsync(PoolTasks.Double, FailingAt(position)));
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_endless_input_is_taken_no_further_than_the_window()
    {
        await using var pool = new ProcessPool(2);
        int taken = 0;
        IEnumerable<int> Endless()
        {
            while (true)
            {
                yield return Interlocked.Increment(ref taken);
            }
        }

        var options = new PoolMapOptions { ChunkSize = 2, Window = 3 };
        int[] first = await pool.SelectAsync(PoolTasks.Double, Endless(), options).Take(10).ToArrayAsync();

        Assert.Equal([2, 4, 6, 8, 10, 12, 14, 16, 18, 20], first);
        Assert.InRange(taken, 10, 10 + (2 * (3 + 1)));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(null)]
    [InlineData(1)]
    public async Task An_endless_input_is_fine_unless_told_otherwise_and_waits_for_who_takes_the_results(int? chunkSize)
    {
        await using var pool = new ProcessPool(2);
        int taken = 0;
        IEnumerable<int> Endless()
        {
            while (true)
            {
                yield return Interlocked.Increment(ref taken);
            }
        }

        await using IAsyncEnumerator<int> results =
            pool.SelectAsync(PoolTasks.Double, Endless(), new PoolMapOptions { ChunkSize = chunkSize }).GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync());
        int last = -1;
        while (Volatile.Read(ref taken) != last)
        {
            // Behind what the map has sent: if it took more all the time, these would be overtaken by that for ever.
            last = Volatile.Read(ref taken);
            await Task.WhenAll(Enumerable.Range(0, 100).Select(number => pool.Submit(PoolTasks.Double, number)));
        }

        for (int number = 2; number <= 10; number++)
        {
            Assert.True(await results.MoveNextAsync());
            Assert.Equal(number * 2, results.Current);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slow_input_gives_its_first_result_before_its_second_item()
    {
        await using var pool = new ProcessPool(1);
        var second = new TaskCompletionSource();
        async IAsyncEnumerable<int> Slow([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return 1;
            await second.Task.WaitAsync(cancellationToken);
            yield return 2;
        }

        await using IAsyncEnumerator<int> results =
            pool.SelectAsync(PoolTasks.Double, Slow(), new PoolMapOptions { ChunkSize = 100 }).GetAsyncEnumerator();

        Assert.True(await results.MoveNextAsync());
        Assert.Equal(2, results.Current);
        second.SetResult();
        Assert.True(await results.MoveNextAsync());
        Assert.Equal(4, results.Current);
        Assert.False(await results.MoveNextAsync());
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

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_map_stops_and_the_pool_goes_on()
    {
        await using var pool = new ProcessPool(2);
        using var cancel = new CancellationTokenSource();
        await using IAsyncEnumerator<int> results = pool.SelectAsync(
            static number => number < 5 ? number : PoolTasks.Forever(), Enumerable.Range(0, 100),
            new PoolMapOptions { ChunkSize = 1 }, cancel.Token).GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync());

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await results.MoveNextAsync())
            {
            }
        });
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
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

    private static IEnumerable<int> FailingAt(int position)
    {
        for (int item = 0; item < position; item++)
        {
            yield return item;
        }

        throw new FormatException("the input's own");
    }

    private sealed class Unbeginnable : IEnumerable<int>
    {
        public IEnumerator<int> GetEnumerator() => throw new FormatException("the input's own");

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
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
