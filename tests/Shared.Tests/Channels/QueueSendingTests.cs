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
