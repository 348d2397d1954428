using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Locks and connections of every kind go to other processes through a queue, while these are running.</summary>
public sealed class QueueSendingTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static TheoryData<PipeTransport> Transports => [.. Enum.GetValues<PipeTransport>()];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Transports))]
    public async Task A_connection_over_any_transport_is_the_workers_who_takes_it(PipeTransport transport)
    {
        using var queue = new ProcessQueue<Connection>();
        using var worker = WorkerProcess.Create(Echo, queue);
        worker.Start();
        (Connection here, Connection there) = Pipe.Create(transport: transport);
        queue.Put(there);
        Assert.True(there.IsClosed);
        here.Send("hello");
        Assert.Equal("hello", await here.ReceiveAsync<string>().AsTask().WaitAsync(s_patience));
        await worker.JoinAsync();
        Assert.True(worker.ExitCode == 0, $"{worker.Error}");
        _ = Assert.Throws<ConnectionClosedException>(() => here.Receive<string>());
        here.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(QueueFullMode.DropNewest, PipeTransport.SharedMemory)]
    [InlineData(QueueFullMode.DropOldest, PipeTransport.SharedMemory)]
    [InlineData(QueueFullMode.DropWrite, PipeTransport.SharedMemory)]
    [InlineData(QueueFullMode.DropNewest, PipeTransport.Named)]
    [InlineData(QueueFullMode.DropOldest, PipeTransport.Named)]
    [InlineData(QueueFullMode.DropWrite, PipeTransport.Named)]
    public async Task A_connection_that_is_dropped_and_that_nobody_wants_is_closed(QueueFullMode mode, PipeTransport transport)
    {
        using var queue = new ProcessQueue<Connection>(new ProcessQueueOptions { CapacityInItems = 1, FullMode = mode });
        (Connection first, Connection firstOther) = Pipe.Create(transport: transport);
        (Connection second, Connection secondOther) = Pipe.Create(transport: transport);
        queue.Put(firstOther);
        queue.Put(secondOther);
        (Connection dropped, Connection kept) = mode == QueueFullMode.DropWrite ? (second, first) : (first, second);
        _ = await Assert.ThrowsAsync<ConnectionClosedException>(() => dropped.ReceiveAsync<int>().AsTask().WaitAsync(s_patience));
        using (Connection got = queue.Get())
        {
            got.Send(1);
            Assert.Equal(1, await kept.ReceiveAsync<int>().AsTask().WaitAsync(s_patience));
        }

        dropped.Dispose();
        kept.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_that_one_process_put_and_another_dropped_is_closed()
    {
        using var queue = new ProcessQueue<Connection>(new ProcessQueueOptions { CapacityInItems = 1, FullMode = QueueFullMode.DropOldest });
        using var worker = WorkerProcess.Create(PutAndAwaitEnd, queue);
        worker.Start();
        while (queue.IsEmpty)
        {
            await Task.Yield();
        }

        (Connection here, Connection there) = Pipe.Create();
        queue.Put(there);
        Assert.True(await worker.ResultAsync<bool>().WaitAsync(s_patience));
        queue.Get().Dispose();
        here.Dispose();
        await worker.JoinAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_within_an_item_that_a_full_queue_did_not_take_is_closed()
    {
        using var queue = new ProcessQueue<(string Name, Connection Connection)>(
            new ProcessQueueOptions { CapacityInItems = 1, FullMode = QueueFullMode.DropWrite });
        (Connection first, Connection firstOther) = Pipe.Create();
        (Connection second, Connection secondOther) = Pipe.Create();
        _ = queue.PutMany([("first", firstOther), ("second", secondOther)]);
        _ = await Assert.ThrowsAsync<ConnectionClosedException>(() => second.ReceiveAsync<int>().AsTask().WaitAsync(s_patience));
        (string name, Connection got) = queue.Get();
        Assert.Equal("first", name);
        got.Send(1);
        Assert.Equal(1, await first.ReceiveAsync<int>().AsTask().WaitAsync(s_patience));
        got.Dispose();
        first.Dispose();
        second.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lock_that_was_sent_excludes_its_sender(bool isRecursive)
    {
        using var locks = new ProcessQueue<object>();
        using var results = new ProcessQueue<bool>();
        using var mutex = new ProcessLock();
        using var recursive = new ProcessRecursiveLock();
        Assert.True(Acquire(TimeSpan.Zero));
        using var worker = WorkerProcess.Create(TakeLock, locks, results);
        worker.Start();
        locks.Put(isRecursive ? recursive : mutex);
        Assert.False(results.Get(s_patience));
        if (isRecursive)
        {
            recursive.Release();
        }
        else
        {
            mutex.Release();
        }

        Assert.True(results.Get(s_patience));
        Assert.False(Acquire(TimeSpan.Zero));
        worker.Kill();
        LockResult last = Acquire(s_patience);
        Assert.Equal(worker.ProcessId, last.Abandonment?.ProcessId);
        await worker.JoinAsync();

        LockResult Acquire(TimeSpan timeout) => isRecursive ? recursive.Acquire(timeout) : mutex.Acquire(timeout);
    }

    private static void Echo(ProcessQueue<Connection> queue)
    {
        using Connection connection = queue.Get();
        connection.Send(connection.Receive<string>());
    }

    private static bool PutAndAwaitEnd(ProcessQueue<Connection> queue)
    {
        (Connection here, Connection there) = Pipe.Create();
        queue.Put(there);
        try
        {
            _ = here.Receive<int>();
            return false;
        }
        catch (ConnectionClosedException)
        {
            return true;
        }
    }

    private static void TakeLock(ProcessQueue<object> locks, ProcessQueue<bool> results)
    {
        object got = locks.Get();
        results.Put(Acquire(TimeSpan.Zero));
        results.Put(Acquire(s_patience));
        new ManualResetEvent(false).WaitOne();

        bool Acquire(TimeSpan timeout) =>
            got is ProcessRecursiveLock recursive ? recursive.Acquire(timeout) : ((ProcessLock)got).Acquire(timeout);
    }
}
