using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Synchronization;

public sealed class ProcessWaitTests
{
    [Fact(Timeout = 60_000)]
    public async Task Tells_which_of_several_kinds_is_ready()
    {
        using var happened = new ProcessEvent();
        using var semaphore = new ProcessSemaphore(0);
        using var mutex = new ProcessLock();
        Assert.True(mutex.Acquire());
        (Connection near, Connection far) = Pipe.Create();
        using var end = near;
        using var otherEnd = far;
        using var worker = WorkerProcess.Create(WaitFor, happened);
        worker.Start();
        IWaitable[] all = [happened, semaphore, mutex, far, worker];

        Assert.Empty(ProcessWait.Any(all, TimeSpan.Zero));
        Assert.Empty(ProcessWait.Any(all, TimeSpan.FromMilliseconds(50)));

        Task<IReadOnlyList<IWaitable>> waiting = ProcessWait.AnyAsync(all);
        semaphore.Release();
        Assert.Equal([semaphore], await waiting);
        Assert.True(semaphore.Acquire(TimeSpan.Zero));

        waiting = ProcessWait.AnyAsync(all);
        near.Send("hello");
        Assert.Equal([far], await waiting);
        Assert.Equal("hello", far.Receive<string>());

        waiting = ProcessWait.AnyAsync(all);
        mutex.Release();
        Assert.Equal([mutex], await waiting);
        Assert.True(mutex.Acquire(TimeSpan.Zero));

        waiting = ProcessWait.AnyAsync([worker, semaphore]);
        happened.Set();
        Assert.Equal([worker], await waiting);
        Assert.Equal([happened, worker], ProcessWait.Any(all));
    }

    [Fact(Timeout = 60_000)]
    public async Task Goes_on_waiting_when_another_was_quicker()
    {
        using var semaphore = new ProcessSemaphore(0);
        using var happened = new ProcessEvent();
        Task<IReadOnlyList<IWaitable>> waiting = ProcessWait.AnyAsync([semaphore, happened]);
        for (int i = 0; i < 200; i++)
        {
            semaphore.Release();
            if (!semaphore.Acquire(TimeSpan.Zero) || waiting.IsCompleted)
            {
                break;
            }
        }

        happened.Set();
        Assert.NotEmpty(await waiting);
    }

    [Fact(Timeout = 60_000)]
    public async Task Can_be_cancelled()
    {
        using var happened = new ProcessEvent();
        using var stop = new CancellationTokenSource(50);
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ProcessWait.AnyAsync([happened], null, stop.Token));
        _ = Assert.ThrowsAny<OperationCanceledException>(() => ProcessWait.Any([happened], null, stop.Token));
    }

    [Fact(Timeout = 60_000)]
    public void Of_nothing_is_nothing()
    {
        Assert.Empty(ProcessWait.Any());
    }

    private static void WaitFor(ProcessEvent happened) => happened.Wait();
}
