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
        using var recursive = new ProcessRecursiveLock();
        Assert.True(mutex.Acquire());
        Assert.True(await AcquireInAnotherFlowAsync(recursive));
        (Connection near, Connection far) = Pipe.Create();
        using var end = near;
        using var otherEnd = far;
        using var worker = WorkerProcess.Create(WaitFor, happened);
        worker.Start();
        IWaitable[] all = [happened, semaphore, mutex, recursive, far, worker];

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
    public async Task A_lock_that_its_owner_may_take_again_is_ready_for_it_and_for_others_once_it_is_free()
    {
        using var mutex = new ProcessRecursiveLock();
        Task<IReadOnlyList<IWaitable>> stranger, other;
        Assert.True(await mutex.AcquireAsync());
        Assert.Equal([mutex], ProcessWait.Any([mutex], TimeSpan.Zero));
        using (ExecutionContext.SuppressFlow())
        {
            stranger = Task.Run(() => ProcessWait.Any([mutex], TimeSpan.Zero));
            other = Task.Run(() => ProcessWait.AnyAsync([mutex]));
        }

        Assert.Empty(await stranger);
        mutex.Release();
        Assert.Equal([mutex], await other);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_semaphore_is_ready_when_a_count_comes_back_from_a_dead_process_and_not_before()
    {
        using var slots = new ProcessSemaphore(1, 1);
        using var taken = new ProcessEvent();
        using var worker = WorkerProcess.Create(TakeAndHang, slots, taken);
        worker.Start();
        Assert.True(taken.Wait());
        Assert.Empty(ProcessWait.Any([slots], TimeSpan.Zero));
        worker.Kill();
        await worker.JoinAsync();
        Assert.Equal([slots], ProcessWait.Any([slots], TimeSpan.Zero));
        Assert.True(slots.Acquire(TimeSpan.Zero));
        Assert.Empty(ProcessWait.Any([slots], TimeSpan.Zero));
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_fails_ends_the_waits_for_the_others()
    {
        var failing = new Waitable();
        var other = new Waitable();
        Task<IReadOnlyList<IWaitable>> waiting = ProcessWait.AnyAsync([other, failing]);
        failing.Wait.SetException(new InvalidDataException("no"));
        _ = await Assert.ThrowsAsync<InvalidDataException>(() => waiting);
        Assert.True(other.Stop.IsCancellationRequested);

        var refusing = new Waitable { Refuses = true };
        other = new Waitable();
        _ = await Assert.ThrowsAsync<InvalidDataException>(() => ProcessWait.AnyAsync([other, refusing]));
        Assert.True(other.Stop.IsCancellationRequested);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(60)]
    [InlineData(int.MaxValue)]
    public async Task Waits_longer_than_a_timer_can_be_set_for(int days)
    {
        using var happened = new ProcessEvent();
        TimeSpan timeout = days == int.MaxValue ? TimeSpan.MaxValue : TimeSpan.FromDays(days);
        Task<IReadOnlyList<IWaitable>> waiting = ProcessWait.AnyAsync([happened], timeout);
        Assert.False(waiting.IsCompleted);
        happened.Set();
        Assert.Equal([happened], await waiting);
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

    private static void TakeAndHang(ProcessSemaphore slots, ProcessEvent taken)
    {
        _ = slots.Acquire();
        taken.Set();
        _ = new ManualResetEvent(false).WaitOne();
    }

    private static Task<LockResult> AcquireInAnotherFlowAsync(ProcessRecursiveLock mutex)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(async () => await mutex.AcquireAsync());
        }
    }

    /// <summary>Never ready; its wait ends as the test says.</summary>
    private sealed class Waitable : IWaitable
    {
        public TaskCompletionSource Wait { get; } = new();

        public bool Refuses { get; init; }

        public CancellationToken Stop { get; private set; }

        public bool IsReady => false;

        public Task WaitReadyAsync(CancellationToken cancellationToken = default)
        {
            Stop = cancellationToken;
            return Refuses ? throw new InvalidDataException("no") : Wait.Task;
        }
    }
}
