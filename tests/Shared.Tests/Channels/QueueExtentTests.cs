using System.Text;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Items that are larger than the queue lie behind it, on Linux: whose they are, and what becomes of them when somebody dies.</summary>
public sealed class QueueExtentTests
{
    private const int Large = 100_000;

    private static readonly ProcessQueueOptions s_small = new() { CapacityInBytes = 1024 };

    public QueueExtentTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has memory that grows; elsewhere such items go by reference.");

    [Fact(Timeout = 60_000)]
    public async Task Items_larger_than_the_queue_outlive_a_producer_that_is_killed_and_come_in_order()
    {
        using var queue = new ProcessQueue<byte[]>(s_small);
        using var done = new ProcessEvent();
        using var worker = WorkerProcess.Create(PutSmallAndLarge, queue, done);
        worker.Start();
        Assert.True(done.Wait());
        worker.Kill();
        await worker.JoinAsync();
        Assert.Equal(KilledExit.Code, worker.ExitCode);

        for (byte number = 0; number < 10; number++)
        {
            Assert.Equal(Item(number), queue.Get());
        }

        Assert.True(queue.IsEmpty);
        Assert.Empty(queue.Extents!.Offsets);
    }

    [Fact(Timeout = 60_000)]
    public void What_is_taken_dropped_or_refused_takes_up_no_more_memory()
    {
        using var queue = new ProcessQueue<byte[]>(new ProcessQueueOptions { CapacityInBytes = 1024, CapacityInItems = 2, FullMode = QueueFullMode.DropOldest });
        for (byte number = 0; number < 5; number++)
        {
            queue.Put(Item(number, Large));
        }

        Assert.Equal(2, queue.Extents!.Offsets.Count());
        Assert.Equal(Item(3, Large), queue.Get());
        Assert.Single(queue.Extents.Offsets);
        queue.Complete();
        _ = Assert.Throws<QueueCompletedException>(() => queue.Put(Item(5, Large)));
        Assert.Single(queue.Extents.Offsets);
        Assert.Equal(Item(4, Large), queue.Get());
        Assert.Empty(queue.Extents.Offsets);
    }

    [Fact(Timeout = 60_000)]
    public void An_item_larger_than_the_queue_that_cannot_be_read_takes_up_no_more_memory()
    {
        using var queue = new ProcessQueue<Unreadable>(s_small);
        queue.Put(new Unreadable(new byte[Large]));
        _ = Assert.Single(queue.Extents!.Offsets);

        Assert.Contains("never again", Assert.ThrowsAny<Exception>(() => queue.Get()).ToString(), StringComparison.Ordinal);
        Assert.True(queue.IsEmpty);
        Assert.Empty(queue.Extents.Offsets);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("extent.create.owned", false)]
    [InlineData("extent.create.written", false)]
    [InlineData("queue.put.locked", false)]
    [InlineData("queue.put.written", false)]
    [InlineData("queue.put.published", true)]
    [InlineData("queue.put.unlocked", true)]
    public async Task A_producer_that_dies_leaves_the_whole_item_or_nothing(string point, bool isPut)
    {
        RequireCrashPoints();
        using var queue = new ProcessQueue<byte[]>(s_small);
        queue.Put(Item(1, Large));
        await RunUntilDeadAsync(WorkerProcess.Create(PutAndDie, queue, point));

        _ = Assert.Single(queue.Losses);

        Assert.Equal(isPut ? 2 : 1, queue.Extents!.Offsets.Count());
        Assert.Equal(Item(1, Large), queue.Get());
        Assert.Equal(isPut, queue.TryGet(out byte[]? second));
        Assert.Equal(isPut ? Item(2, Large) : null, second);
        Assert.Empty(queue.Extents.Offsets);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("queue.take.locked", false)]
    [InlineData("extent.adopted", false)]
    [InlineData("queue.take.noted", false)]
    [InlineData("queue.take.stored", true)]
    [InlineData("queue.take.unlocked", true)]
    public async Task A_consumer_that_dies_leaves_the_item_or_takes_it_along(string point, bool isTaken)
    {
        RequireCrashPoints();
        using var queue = new ProcessQueue<byte[]>(s_small);
        queue.Put(Item(1, Large));
        queue.Put(Item(2, Large));
        await RunUntilDeadAsync(WorkerProcess.Create(TakeAndDie, queue, point));

        Assert.Equal(isTaken ? 1 : 0, Assert.Single(queue.Losses).Taken);

        Assert.Equal(isTaken ? 1 : 2, queue.Extents!.Offsets.Count());
        Assert.Equal(Item((byte)(isTaken ? 2 : 1), Large), queue.Get());
        Assert.Equal(isTaken ? 0 : 1, queue.Count);
        Assert.Equal(isTaken ? 0 : 1, queue.Extents.Offsets.Count());
    }

    [Fact(Timeout = 60_000)]
    public void Only_what_a_dead_process_owned_and_nobody_knows_of_is_freed()
    {
        using SharedBlock block = SharedBlock.AllocateExtensible(64);
        SharedExtents extents = block.Extents!;
        Assert.False(extents.HaveBeenUsed);
        long ours = extents.Create([1, 2, 3]);
        long empty = extents.Create([]);
        long large = extents.Create(new byte[1_000_000]);
        Assert.True(extents.HaveBeenUsed);
        Assert.Equal([ours, empty, large], extents.Offsets);

        extents.FreeOrphans(new HashSet<long>());
        Assert.Equal([ours, empty, large], extents.Offsets);
        byte[] content = new byte[3];
        extents.Read(ours, content);
        Assert.Equal([1, 2, 3], content);

        extents.Free(large, 1_000_000);
        extents.Free(empty, 0);
        Assert.Equal([ours], extents.Offsets);
        Assert.True(extents.Create([4]) > large);
    }

    [Fact(Timeout = 60_000)]
    public void A_header_of_an_extent_is_what_the_protocol_says()
    {
        ExtentHeader header = default;
        unsafe
        {
            Assert.Equal(64, sizeof(ExtentHeader));
            Assert.Equal(8, (byte*)&header.Owner - (byte*)&header);
            Assert.Equal(16, (byte*)&header.Length - (byte*)&header);
            Assert.Equal(16, sizeof(QueueExtent));
            SegmentHeader segment = default;
            Assert.Equal(40, (byte*)&segment.ExtentBytes - (byte*)&segment);
        }

        Assert.Equal("IPCDEXT1", Encoding.ASCII.GetString(BitConverter.GetBytes(ExtentHeader.CurrentMagic)));
    }

    /// <summary>Can be made once, by its sender.</summary>
    public sealed class Unreadable
    {
        private static bool s_isMade;

        public Unreadable(byte[] content)
        {
            Content = s_isMade ? throw new InvalidOperationException("never again") : content;
            s_isMade = true;
        }

        public byte[] Content { get; }
    }

    private static void RequireCrashPoints() => Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");

    private static async Task RunUntilDeadAsync(WorkerProcess worker)
    {
        using (worker)
        {
            worker.Start();
            await worker.JoinAsync();
            Assert.Equal(KilledExit.Code, worker.ExitCode);
        }
    }

    private static byte[] Item(byte number, int length = 0)
    {
        byte[] item = new byte[length > 0 ? length : number % 2 == 0 ? 10 : Large];
        Array.Fill(item, number);
        return item;
    }

    private static void PutSmallAndLarge(ProcessQueue<byte[]> queue, ProcessEvent done)
    {
        for (byte number = 0; number < 10; number++)
        {
            queue.Put(Item(number));
        }

        done.Set();
        new ManualResetEvent(false).WaitOne();
    }

    private static void PutAndDie(ProcessQueue<byte[]> queue, string point)
    {
        CrashPoint.Arm(point);
        queue.Put(Item(2, Large));
    }

    private static void TakeAndDie(ProcessQueue<byte[]> queue, string point)
    {
        CrashPoint.Arm(point);
        _ = queue.Get();
    }
}
