using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Memory;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>What holds for queues besides the contract of all kinds of items.</summary>
public sealed class ProcessQueueTests
{
    [Fact(Timeout = 60_000)]
    public void An_item_that_cannot_be_serialized_fails_where_it_is_put_and_takes_no_room()
    {
        using var queue = new ProcessQueue<object>(1);
        using var stream = new MemoryStream();
        _ = Assert.Throws<MessageSerializationException>(() => queue.Put(stream));
        _ = Assert.Throws<MessageSerializationException>(() => queue.PutMany([1, stream]));
        Assert.True(queue.IsEmpty);
        Assert.True(queue.TryPut("fine"));
        Assert.Equal("fine", queue.Get());
    }

    [Fact(Timeout = 60_000)]
    public void What_is_changed_after_it_was_put_does_not_travel()
    {
        using var queue = new ProcessQueue<List<int>>();
        List<int> list = [1];
        queue.Put(list);
        list.Add(2);
        Assert.Equal([1], queue.Get());
    }

    [Fact(Timeout = 60_000)]
    public void An_item_that_cannot_be_read_costs_no_other()
    {
        using var queue = new ProcessQueue<Fragile>();
        Assert.Equal(4, queue.PutMany([new(1), new(2), new(3), new(2)]));
        Fragile.Unreadable = 2;
        var got = new Fragile[4];
        Assert.Equal(1, queue.GetMany(got));
        Assert.Equal(1, got[0].Value);
        _ = Assert.Throws<MessageSerializationException>(() => queue.Get());
        Assert.Equal(3, queue.Get().Value);
        _ = Assert.Throws<MessageSerializationException>(() => queue.TryGet(out _));
        Assert.True(queue.IsEmpty);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_worker_has_put_is_there_after_it_has_ended()
    {
        using var queue = new ProcessQueue<byte[]>(new ProcessQueueOptions { CapacityInBytes = 4 << 20 });
        using var worker = WorkerProcess.Create(PutMuch, queue);
        worker.Start();
        await worker.JoinAsync();
        Assert.True(worker.ExitCode == 0, $"{worker.Error}");
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(100_000, queue.Get().Length);
        }

        Assert.True(queue.IsEmpty);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_item_larger_than_the_queue_whose_producer_has_ended_comes_or_is_reported_and_the_next_comes()
    {
        using var queue = new ProcessQueue<byte[]>(new ProcessQueueOptions { CapacityInBytes = 1024 });
        using var worker = WorkerProcess.Create(PutMuch, queue);
        worker.Start();
        await worker.JoinAsync();
        Assert.True(worker.ExitCode == 0, $"{worker.Error}");
        queue.Put([1]);
        for (int i = 0; i < 10; i++)
        {
            if (OperatingSystem.IsLinux())
            {
                Assert.Equal(100_000, queue.Get().Length);
            }
            else
            {
                _ = Assert.Throws<QueueItemLostException>(() => queue.Get());
            }
        }

        Assert.Equal([1], queue.Get());
    }

    [Fact(Timeout = 60_000)]
    public async Task Connections_locks_and_queues_travel_through_a_queue()
    {
        using var queue = new ProcessQueue<object>();
        (Connection here, Connection there) = Pipe.Create();
        using var gate = new ProcessEvent();
        using var back = new ProcessQueue<int>();
        using var worker = WorkerProcess.Create(UseWhatComes, queue);
        worker.Start();
        queue.Put(there);
        queue.Put(gate);
        queue.Put(back);
        Assert.True(there.IsClosed);
        Assert.Equal("hello", await here.ReceiveAsync<string>());
        Assert.True(gate.Wait());
        Assert.Equal(5, back.Get());
        await worker.JoinAsync();
        Assert.True(worker.ExitCode == 0, $"{worker.Error}");
        _ = Assert.Throws<ConnectionClosedException>(() => here.Receive<string>());
        here.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public void A_connection_in_an_item_that_found_no_room_is_closed()
    {
        using var queue = new ProcessQueue<Connection>(1);
        (Connection first, Connection firstOther) = Pipe.Create();
        (Connection second, Connection secondOther) = Pipe.Create();
        Assert.True(queue.TryPut(firstOther));
        Assert.False(queue.TryPut(secondOther));
        _ = Assert.Throws<ConnectionClosedException>(() => second.Receive<int>());
        using Connection got = queue.Get();
        got.Send(1);
        Assert.Equal(1, first.Receive<int>());
        first.Dispose();
        second.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(QueueFullMode.DropNewest, "abe", "cd")]
    [InlineData(QueueFullMode.DropOldest, "cde", "ab")]
    [InlineData(QueueFullMode.DropWrite, "abc", "de")]
    public void A_full_queue_drops_what_its_mode_says_and_tells(QueueFullMode mode, string left, string dropped)
    {
        Check("a b c d e".Split(' '));
        Check("abcde".ToCharArray());

        void Check<T>(T[] items)
        {
            using var queue = new ProcessQueue<T>(new ProcessQueueOptions { CapacityInItems = 3, FullMode = mode });
            string told = "";
            queue.ItemDropped += (sender, drop) => told += drop.Item;
            foreach (T item in items)
            {
                Assert.True(queue.TryPut(item));
            }

            Assert.Equal(mode, queue.FullMode);
            Assert.Equal(3, queue.Count);
            Assert.Equal(2, queue.DroppedItems);
            Assert.Equal(dropped, told);
            queue.Complete();
            T[] rest = new T[4];
            Assert.Equal(3, queue.GetMany(rest));
            Assert.Equal(left, string.Concat(rest.Take(3)));
        }
    }

    [Fact(Timeout = 60_000)]
    public void Bytes_make_room_by_dropping_as_many_items_as_it_takes()
    {
        using var queue = new ProcessQueue<byte[]>(new ProcessQueueOptions { CapacityInBytes = 1024, FullMode = QueueFullMode.DropOldest });
        for (byte i = 0; i < 10; i++)
        {
            queue.Put([i]);
        }

        queue.Put(new byte[900]);

        // 128 units of 8 bytes, of which the large one takes 114 and each other 2.
        Assert.Equal(8, queue.Count);
        Assert.Equal(3, queue.DroppedItems);
        for (int i = 3; i < 10; i++)
        {
            Assert.Equal([(byte)i], queue.Get());
        }

        Assert.Equal(900, queue.Get().Length);
    }

    [Fact(Timeout = 60_000)]
    public void Capacities_are_what_was_asked_for_at_least()
    {
        using var bytes = new ProcessQueue<string>(new ProcessQueueOptions { CapacityInBytes = 100_000 });
        Assert.Equal(131_072, bytes.CapacityInBytes);
        using var items = new ProcessQueue<long>(1_000_000);
        Assert.Equal(1_000_000, items.PutMany(new long[1_000_000]));
        Assert.False(items.TryPut(1));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0, null, 0)]
    [InlineData((1L << 30) + 1, null, 0)]
    [InlineData(100, 0, 0)]
    [InlineData(100, -1, 0)]
    [InlineData(100, 1, 4)]
    public void Impossible_options_are_refused(long bytes, int? items, int mode) =>
        Assert.Throws<ArgumentException>(() =>
            new ProcessQueue<int>(new ProcessQueueOptions { CapacityInBytes = bytes, CapacityInItems = items, FullMode = (QueueFullMode)mode }));

    [Fact(Timeout = 60_000)]
    public void A_queue_is_received_as_the_type_that_it_was_created_as()
    {
        using var queue = new ProcessQueue<int>();
        string message = Wire.Send(queue);
        Assert.Contains("another type", Assert.ThrowsAny<Exception>(() => Wire.Receive<ProcessQueue<uint>>(message)).ToString(), StringComparison.Ordinal);
        Assert.Contains(nameof(ProcessQueue<>), Assert.ThrowsAny<Exception>(() => Wire.SendToForeign(queue)).ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Waiting_uses_no_processor_time()
    {
        using var queue = new ProcessQueue<int>();
        (Connection clock, Connection there) = Pipe.Create(duplex: true);
        using (clock)
        {
            using var worker = WorkerProcess.Create(TakeTwo, queue, there);
            worker.Start();
            queue.Put(1);
            await Eventually.HoldsAsync(() => queue.IsEmpty);
            Task<int> waiting = queue.GetAsync().AsTask();

            await ProcessorClock.UntilStillAsync(() => ProcessorClock.Read(clock));

            queue.Put(2);
            queue.Put(3);
            Assert.InRange(await waiting, 2, 3);
            await worker.JoinAsync();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_queue_goes_on_when_its_creator_has_ended()
    {
        using var queues = new ProcessQueue<ProcessQueue<string>>();
        using var taken = new ProcessEvent();
        using var creator = WorkerProcess.Create(CreateQueue, queues, taken);
        creator.Start();
        using ProcessQueue<string> queue = queues.Get();
        taken.Set();
        await creator.JoinAsync();
        Assert.Equal("from its creator", queue.Get());
        queue.Put("later");
        Assert.Equal("later", queue.Get());
        Assert.Empty(queue.Losses);
    }

    private static void PutMuch(ProcessQueue<byte[]> queue)
    {
        for (int i = 0; i < 10; i++)
        {
            queue.Put(new byte[100_000]);
        }
    }

    private static void UseWhatComes(ProcessQueue<object> queue)
    {
        using var connection = (Connection)queue.Get();
        connection.Send("hello");
        using var gate = (ProcessEvent)queue.Get();
        gate.Set();
        using var back = (ProcessQueue<int>)queue.Get();
        back.Put(5);
    }

    private static void TakeTwo(ProcessQueue<int> queue, Connection clock)
    {
        ProcessorClock.Start(clock);
        _ = queue.Get();
        _ = queue.Get();
    }

    private static void CreateQueue(ProcessQueue<ProcessQueue<string>> queues, ProcessEvent taken)
    {
        using var queue = new ProcessQueue<string>();
        queue.Put("from its creator");
        queues.Put(queue);
        _ = taken.Wait();
    }

    /// <summary>Can be written, but not always read.</summary>
    public sealed class Fragile
    {
        public Fragile(int value)
        {
            Value = value != Unreadable ? value : throw new ArgumentOutOfRangeException(nameof(value));
        }

        public static int Unreadable { get; set; }

        public int Value { get; }
    }
}
