using System.Collections.Concurrent;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

/// <summary>Items and results that lie in the memory which a pool shares with its workers.</summary>
public sealed class MapMemoryTests
{
    private static readonly int[] s_items = [.. Enumerable.Range(0, 300_000)];

    [Theory(Timeout = 60_000)]
    [InlineData(null)]
    [InlineData(1000)]
    [InlineData(65_536)]
    [InlineData(100_000)]
    public async Task Many_numbers_come_back_in_order_whether_a_chunk_fits_in_a_slot_or_not(int? chunkSize)
    {
        await using var pool = new ProcessPool(2);
        var options = new PoolMapOptions { ChunkSize = chunkSize };

        Assert.Equal(s_items.Select(PoolTasks.Double), await pool.MapAsync(PoolTasks.Double, s_items, options));
        Assert.Equal(s_items.Select(PoolTasks.Double), await pool.SelectAsync(PoolTasks.Double, s_items, options).ToArrayAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Either_side_alone_may_lie_there()
    {
        await using var pool = new ProcessPool(2);
        string[] words = [.. s_items.Take(5000).Select(number => $"{number}")];

        Assert.Equal(words, await pool.MapAsync(static number => $"{number}", s_items[..5000]));
        Assert.Equal(s_items[..5000], await pool.MapAsync(int.Parse, words));
        Assert.Equal(
            s_items.Take(5000).Select(number => new Point(number, -number)),
            await pool.MapAsync(static number => new Point(number, -number), s_items[..5000]));
        Assert.Equal(new byte[5000], await pool.MapAsync(static number => number, new byte[5000]));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_array_of_a_derived_type_is_mapped_like_any_other()
    {
        await using var pool = new ProcessPool(1);
        object[] words = new string[] { "a", "bc" };

        int[] lengths = await pool.MapAsync(static word => ((string)word).Length, words);

        Assert.Equal([1, 2], lengths);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_chunk_whose_worker_is_killed_runs_again_over_the_same_items()
    {
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 2, Retries = 1 });
        using var kills = new Shared.Memory.SharedValue<int>();

        int[] results = await pool.MapAsync(
            number => number == 4321 && kills.Increment() == 1 ? PoolTasks.KillSelf() : number * 2,
            s_items[..20_000],
            new PoolMapOptions { ChunkSize = 2000 });

        Assert.Equal(s_items.Take(20_000).Select(PoolTasks.Double), results);
        Assert.Equal(2, kills.Value);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failure_in_the_midst_of_a_slot_appears_behind_the_results_before_it()
    {
        await using var pool = new ProcessPool(2);
        var results = new List<int>();

        await Assert.ThrowsAsync<RemoteException>(async () =>
        {
            await foreach (int result in pool.SelectAsync(
                static number => number == 2500 ? throw new FormatException() : number, s_items, new PoolMapOptions { ChunkSize = 1000 }))
            {
                results.Add(result);
            }
        });

        Assert.Equal(Enumerable.Range(0, 2500), results);
    }

    [Fact(Timeout = 60_000)]
    public async Task Maps_at_the_same_time_share_the_slots()
    {
        await using var pool = new ProcessPool(1);
        var options = new PoolMapOptions { ChunkSize = 500 };

        int[][] results = await Task.WhenAll(
            Enumerable.Range(1, 4).Select(factor => pool.MapAsync(number => number * factor, s_items[..20_000], options)));

        for (int factor = 1; factor <= 4; factor++)
        {
            Assert.Equal(s_items.Take(20_000).Select(number => number * factor), results[factor - 1]);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Results_that_were_taken_before_the_pool_is_gone_can_be_read_after_it()
    {
        var pool = new ProcessPool(1);
        await using IAsyncEnumerator<int> results =
            pool.SelectAsync(PoolTasks.Double, s_items[..4000], new PoolMapOptions { ChunkSize = 4000 }).GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync());

        await pool.DisposeAsync();

        for (int number = 1; number < 4000; number++)
        {
            Assert.True(await results.MoveNextAsync());
            Assert.Equal(number * 2, results.Current);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Results_can_be_enumerated_again()
    {
        await using var pool = new ProcessPool(1);
        IAsyncEnumerable<int> results = pool.SelectAsync(PoolTasks.Double, s_items[..1000]);

        Assert.Equal(s_items.Take(1000).Select(PoolTasks.Double), await results.ToArrayAsync());
        Assert.Equal(s_items.Take(1000).Select(PoolTasks.Double), await results.ToArrayAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_input_that_never_goes_on_does_not_keep_a_cancelled_map()
    {
        await using var pool = new ProcessPool(1);
        using var input = new BlockingCollection<int> { 1 };
        using var cancel = new CancellationTokenSource();
        await using IAsyncEnumerator<int> results =
            pool.SelectAsync(PoolTasks.Double, input.GetConsumingEnumerable(), new PoolMapOptions { ChunkSize = 1 }, cancel.Token)
                .GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync());

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await results.MoveNextAsync());
        input.CompleteAdding();
    }

    [Fact(Timeout = 60_000)]
    public async Task An_abandoned_map_gives_its_slots_back_though_its_input_never_goes_on()
    {
        await using var pool = new ProcessPool(1);
        using var input = new BlockingCollection<int>();
        using var gate = new Shared.Synchronization.ProcessEvent();
        foreach (int item in s_items[..2000])
        {
            input.Add(item);
        }

        await using (IAsyncEnumerator<int> results = pool.SelectAsync(
            number => number < 1000 || gate.Wait() ? number : 0,
            input.GetConsumingEnumerable(),
            new PoolMapOptions { ChunkSize = 1000, IsOrdered = false }).GetAsyncEnumerator())
        {
            Assert.True(await results.MoveNextAsync());
        }

        gate.Set();
        ChunkMemory memory = ((IProcessPool)pool).Memory!;
        await Eventually.HoldsAsync(() => memory.UsedSlots == 0);
        input.CompleteAdding();
    }

    [Fact]
    public void A_slot_is_given_to_one_at_a_time_and_the_last_one_frees_the_memory()
    {
        var memory = new ChunkMemory(workers: 1);
        int[] slots = [.. Enumerable.Range(0, 4).Select(_ => memory.TryTakeSlot(out int slot) ? slot : -1)];

        Assert.Equal([0, 1, 2, 3], slots.Order());
        Assert.False(memory.TryTakeSlot(out _));
        memory.Results<long>(3, 10).Fill(7);
        memory.Dispose();
        memory.Dispose();
        Assert.Equal(7, memory.Results<long>(3, 10)[9]);
        foreach (int slot in slots)
        {
            memory.ReturnSlot(slot);
        }

        Assert.False(memory.TryTakeSlot(out _));
        Assert.Throws<ObjectDisposedException>(() => _ = memory.Results<long>(3, 10)[9]);
    }

    [Fact]
    public void What_has_references_or_is_large_does_not_lie_there()
    {
        Assert.Equal(ChunkMemory.SideSize / 4, ChunkMemory.CapacityOf<int>());
        Assert.Equal(0, ChunkMemory.CapacityOf<string>());
        Assert.Equal(0, ChunkMemory.CapacityOf<nint>());
        Assert.False(ChunkMemory.Suits<int>(10));
        Assert.True(ChunkMemory.Suits<int>(1000));
        Assert.False(ChunkMemory.Suits<int>(ChunkMemory.CapacityOf<int>() + 1));
    }

    [Fact]
    public void Chunks_grow_until_they_take_some_milliseconds_or_fill_a_slot()
    {
        var slow = new ChunkSizer(given: null, total: null, workers: 2, capacity: 0);
        var quick = new ChunkSizer(given: null, total: null, workers: 2, capacity: 65_536);
        Assert.Equal(1, slow.Next);

        slow.Observe(1, microseconds: 2000);
        Assert.Equal(4, slow.Next);
        slow.Observe(4, microseconds: 80_000);
        Assert.Equal(1, slow.Next);
        for (int size = 1; size < 65_536; size *= 16)
        {
            Assert.Equal(size, quick.Next);
            quick.Observe(size, microseconds: size * 0.001);
        }

        Assert.Equal(65_536, quick.Next);
        quick.Observe(65_536, microseconds: 65);
        Assert.Equal(65_536, quick.Next);
    }

    private readonly record struct Point(int X, int Y);
}
