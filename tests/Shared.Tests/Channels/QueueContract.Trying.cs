using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Channels;

/// <content>Trying without a thread, and what is counted while others put and take.</content>
public abstract partial class QueueContract<T, TKind>
{
    [Fact(Timeout = 60_000)]
    public async Task Trying_asynchronously_to_get_waits_its_time_for_an_item_and_says_whether_it_came()
    {
        using ProcessQueue<T> queue = Create();
        Assert.False((await queue.TryGetAsync()).IsTaken);
        Assert.False((await queue.TryGetAsync(TimeSpan.FromSeconds(-5))).IsTaken);
        long start = Environment.TickCount64;
        Assert.False((await queue.TryGetAsync(TimeSpan.FromMilliseconds(200))).IsTaken);
        Assert.InRange(Environment.TickCount64 - start, 150, 30_000);

        Task<(bool IsTaken, T? Item)> getting = queue.TryGetAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(getting.IsCompleted);
        queue.Put(TKind.Item(5));
        (bool isTaken, T? item) = await getting;
        Assert.True(isTaken);
        Assert.Equal(5, TKind.Number(item!));

        queue.Put(TKind.Item(6));
        queue.Complete();
        Assert.Equal(6, TKind.Number((await queue.TryGetAsync()).Item!));
        Assert.False((await queue.TryGetAsync(Timeout.InfiniteTimeSpan)).IsTaken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Trying_asynchronously_to_put_waits_its_time_for_room_and_says_whether_it_came()
    {
        using ProcessQueue<T> queue = Create(items: 1);
        Assert.True(await queue.TryPutAsync(TKind.Item(1)));
        Assert.False(await queue.TryPutAsync(TKind.Item(2)));
        long start = Environment.TickCount64;
        Assert.False(await queue.TryPutAsync(TKind.Item(3), TimeSpan.FromMilliseconds(200)));
        Assert.InRange(Environment.TickCount64 - start, 150, 30_000);

        Task<bool> putting = queue.TryPutAsync(TKind.Item(4), Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(putting.IsCompleted);
        Assert.Equal(1, TKind.Number(queue.Get()));
        Assert.True(await putting);
        Assert.Equal([4], Drain(queue));

        queue.Complete();
        _ = await Assert.ThrowsAsync<QueueCompletedException>(() => queue.TryPutAsync(TKind.Item(5)).AsTask());
    }

    [Fact(Timeout = 60_000)]
    public async Task Trying_asynchronously_can_be_cancelled_and_changes_nothing()
    {
        using ProcessQueue<T> queue = Create(items: 1);
        using var stop = new CancellationTokenSource();
        Task getting = queue.TryGetAsync(Timeout.InfiniteTimeSpan, stop.Token).AsTask();
        Assert.False(getting.IsCompleted);
        await stop.CancelAsync();
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => getting);

        using var stopPut = new CancellationTokenSource();
        queue.Put(TKind.Item(1));
        Task putting = queue.TryPutAsync(TKind.Item(2), Timeout.InfiniteTimeSpan, stopPut.Token).AsTask();
        Assert.False(putting.IsCompleted);
        await stopPut.CancelAsync();
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => putting);
        Assert.Equal([1], Drain(queue));
    }

    [Fact(Timeout = 60_000)]
    public async Task Count_is_never_beyond_its_bounds_while_processes_put_and_take_and_exact_when_they_are_done()
    {
        const int capacity = 3;
        const int put = 3000;
        using ProcessQueue<T> queue = Create(items: capacity);
        using var taken = new ProcessEvent();
        using var producer = WorkerProcess.Create(PutSome, queue, put, taken);
        using var consumer = WorkerProcess.Create(TakeSome, queue, put - 2, taken);
        consumer.Start();
        producer.Start();
        Task done = Task.WhenAll(producer.JoinAsync(), consumer.JoinAsync());
        int samples = 0;
        while (!done.IsCompleted)
        {
            Assert.InRange(queue.Count, 0, capacity);
            samples++;
        }

        await done;
        Assert.Equal((0, 0), (producer.ExitCode!.Value, consumer.ExitCode!.Value));
        Assert.Equal(2, queue.Count);
        Assert.InRange(samples, 1, int.MaxValue);
    }

    // An item that is larger than the queue may live in its producer until it is received, so that has to stay.
    private static void PutSome(ProcessQueue<T> queue, int count, ProcessEvent taken)
    {
        for (int number = 0; number < count; number++)
        {
            queue.Put(TKind.Item(number));
        }

        _ = taken.Wait();
    }

    private static void TakeSome(ProcessQueue<T> queue, int count, ProcessEvent taken)
    {
        for (int number = 0; number < count; number++)
        {
            Assert.Equal(number, TKind.Number(queue.Get()));
        }

        taken.Set();
    }
}
