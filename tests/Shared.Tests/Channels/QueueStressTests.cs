using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Tormented producers and consumers, and at the end an account of every single item.</summary>
public sealed class QueueStressTests
{
    [Fact(Timeout = 600_000)]
    public Task Blocks_survive_the_kill_of_anybody_at_any_instant() =>
        TormentAsync(new ProcessQueueOptions(), static number => number, static item => item);

    [Fact(Timeout = 600_000)]
    public Task Blocks_in_a_full_queue_survive_the_kill_of_anybody_at_any_instant() =>
        TormentAsync(new ProcessQueueOptions { CapacityInItems = 3 }, static number => number, static item => item);

    [Fact(Timeout = 600_000)]
    public Task Messages_survive_the_kill_of_anybody_at_any_instant() =>
        TormentAsync(new ProcessQueueOptions(), TinyRingQueueTests.Item, TinyRingQueueTests.Number);

    [Fact(Timeout = 600_000)]
    public Task Messages_in_a_tiny_ring_survive_the_kill_of_anybody_at_any_instant() =>
        TormentAsync(TinyRingQueueTests.Options, TinyRingQueueTests.Item, TinyRingQueueTests.Number);

    [Fact(Timeout = 600_000)]
    public Task Messages_larger_than_the_ring_survive_the_kill_of_anybody_at_any_instant()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere they end with their producer.");
        return TormentAsync(LargeItemQueueTests.Options, LargeItemQueueTests.Item, LargeItemQueueTests.Number);
    }

    [Fact(Timeout = 600_000)]
    public Task Blocks_put_and_taken_in_all_ways_and_marked_done_survive_the_kill_of_anybody_at_any_instant() =>
        TormentAsync(
            new ProcessQueueOptions { CapacityInItems = 7 }, static number => number, static item => item, QueueWays.Mixed | QueueWays.MarksDone);

    [Fact(Timeout = 600_000)]
    public Task Messages_put_and_taken_in_all_ways_and_marked_done_survive_the_kill_of_anybody_at_any_instant() =>
        TormentAsync(TinyRingQueueTests.Options, TinyRingQueueTests.Item, TinyRingQueueTests.Number, QueueWays.Mixed | QueueWays.MarksDone);

    [Fact(Timeout = 600_000)]
    public Task Messages_larger_than_the_ring_put_and_taken_in_all_ways_survive_the_kill_of_anybody_at_any_instant()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere they end with their producer.");
        return TormentAsync(
            new ProcessQueueOptions { CapacityInBytes = 1, CapacityInItems = 7 },
            LargeItemQueueTests.Item,
            LargeItemQueueTests.Number,
            QueueWays.Mixed | QueueWays.MarksDone);
    }

    [Theory(Timeout = 600_000)]
    [InlineData(QueueFullMode.DropNewest)]
    [InlineData(QueueFullMode.DropOldest)]
    [InlineData(QueueFullMode.DropWrite)]
    public async Task What_a_full_queue_drops_is_counted_whoever_is_killed_at_any_instant(QueueFullMode mode)
    {
        await TormentAsync(
            new ProcessQueueOptions { CapacityInItems = 7, FullMode = mode }, static number => number, static item => item, QueueWays.Mixed);
        await TormentAsync(
            new ProcessQueueOptions { CapacityInBytes = 1, FullMode = mode }, TinyRingQueueTests.Item, TinyRingQueueTests.Number, QueueWays.Mixed);
    }

    private static async Task TormentAsync<T>(
        ProcessQueueOptions options, Func<int, T> item, Func<T, int> number, QueueWays ways = QueueWays.Plain)
    {
        var torment = new QueueTorment<T>(options, item, number, ways);
        string tally = await torment.RunAsync(static queue => Assert.Empty(queue.Extents?.Offsets ?? []));
        TestContext.Current.TestOutputHelper?.WriteLine(tally);
    }
}
