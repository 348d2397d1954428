using System.Collections;
using System.Runtime.CompilerServices;
using IpcDemos.Shared.Pools;

namespace IpcDemos.Shared.Tests.Pools;

/// <summary>What a map's input does: throw, go on for ever, be slow, or not be what it says.</summary>
public sealed class MapInputTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(null, false)]
    [InlineData(null, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(4, false)]
    [InlineData(4, true)]
    public async Task What_the_input_throws_arrives_undressed_behind_the_results_before_it(int? chunkSize, bool isAsync)
    {
        await using var pool = new ProcessPool(2);
        var options = new PoolMapOptions { ChunkSize = chunkSize };
        foreach (int position in new[] { 0, 1, 20, 22 })
        {
            var results = new List<int>();

            await Assert.ThrowsAsync<FormatException>(() => CollectAsync(Doubled(pool, FailingAt(position), isAsync, options), results));

            Assert.Equal(Enumerable.Range(0, position).Select(PoolTasks.Double), results);
            await Assert.ThrowsAsync<FormatException>(() => pool.MapAsync(PoolTasks.Double, FailingAt(position), options));
        }

        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(4)]
    public async Task What_the_input_throws_ends_an_unordered_map_behind_the_results_before_it(int chunkSize)
    {
        await using var pool = new ProcessPool(2);
        var options = new PoolMapOptions { ChunkSize = chunkSize, IsOrdered = false };
        foreach (bool isAsync in new[] { false, true })
        {
            var results = new List<int>();

            await Assert.ThrowsAsync<FormatException>(() => CollectAsync(Doubled(pool, FailingAt(20), isAsync, options), results));

            Assert.Equal(Enumerable.Range(0, 20).Select(PoolTasks.Double), results.Order());
        }

        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_input_that_cancels_itself_loses_none_of_the_results_before(bool isAsync)
    {
        await using var pool = new ProcessPool(1);
        var results = new List<int>();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => CollectAsync(Doubled(pool, CancelledAt(3), isAsync, new PoolMapOptions { ChunkSize = 10 }), results));

        Assert.Equal([0, 2, 4], results);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_input_that_cannot_even_begin_fails_the_map()
    {
        await using var pool = new ProcessPool(1);

        await Assert.ThrowsAsync<FormatException>(() => pool.MapAsync(PoolTasks.Double, new Unbeginnable()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_collection_that_counts_itself_and_then_throws_fails_every_map()
    {
        await using var pool = new ProcessPool(1);
        var items = new Counted(1, FailingAt(0));

        await Assert.ThrowsAsync<FormatException>(() => pool.MapAsync(PoolTasks.Double, items));
        await Assert.ThrowsAsync<FormatException>(() => pool.MapAsync(PoolTasks.Double, items));
        Assert.Throws<FormatException>(() => { _ = pool.Map(PoolTasks.Double, items); });
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task A_collection_that_has_not_as_many_items_as_it_says_gives_the_results_of_those_that_it_has(int count)
    {
        await using var pool = new ProcessPool(1);

        int[] results = await pool.MapAsync(PoolTasks.Double, new Counted(count, Enumerable.Range(0, 100)));

        Assert.Equal(Enumerable.Range(0, 100).Select(PoolTasks.Double), results);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_endless_input_is_taken_no_further_than_the_window(bool isAsync)
    {
        await using var pool = new ProcessPool(2);
        var input = new Endless();
        var options = new PoolMapOptions { ChunkSize = 2, Window = 3 };

        int[] first = await Doubled(pool, input.Items(), isAsync, options).Take(10).ToArrayAsync();

        Assert.Equal([2, 4, 6, 8, 10, 12, 14, 16, 18, 20], first);
        Assert.InRange(input.Taken, 10, 10 + (2 * (3 + 1)));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(null, false)]
    [InlineData(null, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    public async Task An_endless_input_is_fine_unless_told_otherwise_and_waits_for_who_takes_the_results(int? chunkSize, bool isAsync)
    {
        await using var pool = new ProcessPool(2);
        var input = new Endless();
        await using IAsyncEnumerator<int> results =
            Doubled(pool, input.Items(), isAsync, new PoolMapOptions { ChunkSize = chunkSize }).GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync());
        int last = -1;
        while (input.Taken != last)
        {
            // Behind what the map has sent: if it took more all the time, these would be overtaken by that for ever.
            last = input.Taken;
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

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_input_that_blocks_for_its_items_does_not_keep_the_first_ones_for_a_whole_chunk(bool isAsync)
    {
        await using var pool = new ProcessPool(1);
        using var taken = new ManualResetEventSlim();
        IEnumerable<int> Slow()
        {
            yield return 1;
            long start = Environment.TickCount64;
            SpinWait.SpinUntil(() => Environment.TickCount64 - start > 50); // longer than a map waits for more
            yield return 2;
            Assert.True(taken.Wait(TimeSpan.FromSeconds(30)), "Nobody has got the first results.");
            yield return 3;
        }

        await using IAsyncEnumerator<int> results =
            Doubled(pool, Slow(), isAsync, new PoolMapOptions { ChunkSize = 100 }).GetAsyncEnumerator();

        Assert.True(await results.MoveNextAsync());
        Assert.Equal(2, results.Current);
        taken.Set();
        Assert.True(await results.MoveNextAsync());
        Assert.Equal(4, results.Current);
        Assert.True(await results.MoveNextAsync());
        Assert.Equal(6, results.Current);
        Assert.False(await results.MoveNextAsync());
    }

    private static IAsyncEnumerable<int> Doubled(ProcessPool pool, IEnumerable<int> items, bool isAsync, PoolMapOptions options) => isAsync
        ? pool.SelectAsync(PoolTasks.Double, items.ToAsyncEnumerable(), options)
        : pool.SelectAsync(PoolTasks.Double, items, options);

    private static async Task CollectAsync(IAsyncEnumerable<int> all, List<int> results)
    {
        await foreach (int result in all)
        {
            results.Add(result);
        }
    }

    private static IEnumerable<int> FailingAt(int position) => EndingWith(new FormatException("the input's own"), position);

    private static IEnumerable<int> CancelledAt(int position) => EndingWith(new OperationCanceledException(), position);

    private static IEnumerable<int> EndingWith(Exception error, int position)
    {
        for (int item = 0; item < position; item++)
        {
            yield return item;
        }

        throw error;
    }

    private sealed class Endless
    {
        private int _taken;

        public int Taken => Volatile.Read(ref _taken);

        public IEnumerable<int> Items()
        {
            while (true)
            {
                yield return Interlocked.Increment(ref _taken);
            }
        }
    }

    private sealed class Unbeginnable : IEnumerable<int>
    {
        public IEnumerator<int> GetEnumerator() => throw new FormatException("the input's own");

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
