using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>What queues promise for all kinds of items, within one process; <c>QueueContract.Processes.cs</c> has the rest.</summary>
public abstract partial class QueueContract<T, TKind>
    where TKind : IQueueKind<T>
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);

    [Fact(Timeout = 60_000)]
    public void Items_come_out_in_the_order_in_which_they_were_put()
    {
        using ProcessQueue<T> queue = Create();
        for (int round = 0; round < 100; round++)
        {
            queue.Put(TKind.Item(2 * round));
            queue.Put(TKind.Item((2 * round) + 1));
            Assert.Equal(2 * round, TKind.Number(queue.Get()));
            Assert.Equal((2 * round) + 1, TKind.Number(queue.Get()));
        }
    }

    [Fact(Timeout = 60_000)]
    public void Count_follows_every_put_and_get()
    {
        using ProcessQueue<T> queue = Create();
        Assert.True(queue.IsEmpty);
        Assert.Equal(0, queue.Count);
        queue.Put(TKind.Item(1));
        Assert.False(queue.IsEmpty);
        Assert.Equal(1, queue.Count);
        queue.Put(TKind.Item(2));
        Assert.Equal(2, queue.Count);
        _ = queue.Get();
        Assert.Equal(1, queue.Count);
        Assert.True(queue.TryGet(out _));
        Assert.True(queue.IsEmpty);
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_way_to_get_from_an_empty_queue_waits_its_time_and_then_says_so()
    {
        using ProcessQueue<T> queue = Create();
        Assert.False(queue.TryGet(out _));
        Assert.False(queue.TryGet(out _, TimeSpan.FromSeconds(-5)));
        await AssertWaits(() => Assert.False(queue.TryGet(out _, TimeSpan.FromMilliseconds(200))));
        await AssertWaits(() => _ = Assert.Throws<TimeoutException>(() => queue.Get(TimeSpan.FromMilliseconds(200))));
        await AssertWaits(() => _ = Assert.Throws<TimeoutException>(() => queue.GetMany(new T[3], TimeSpan.FromMilliseconds(200))));
        _ = await Assert.ThrowsAsync<TimeoutException>(() => queue.GetAsync(s_moment).AsTask());
        _ = await Assert.ThrowsAsync<TimeoutException>(() => queue.GetManyAsync(new T[3], s_moment).AsTask());
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_way_to_put_into_a_full_queue_waits_its_time_and_then_says_so()
    {
        using ProcessQueue<T> queue = Create(items: 2);
        queue.Put(TKind.Item(1));
        await queue.PutAsync(TKind.Item(2));
        Assert.False(queue.TryPut(TKind.Item(3)));
        await AssertWaits(() => Assert.False(queue.TryPut(TKind.Item(4), TimeSpan.FromMilliseconds(200))));
        await AssertWaits(() => _ = Assert.Throws<TimeoutException>(() => queue.Put(TKind.Item(5), TimeSpan.FromMilliseconds(200))));
        _ = await Assert.ThrowsAsync<TimeoutException>(() => queue.PutAsync(TKind.Item(6), s_moment).AsTask());
        Assert.Equal(0, queue.PutMany([TKind.Item(7), TKind.Item(8)], s_moment));
        Assert.Equal([1, 2], Drain(queue));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_waiting_get_has_the_item_once_it_is_put(bool isAsync)
    {
        using ProcessQueue<T> queue = Create();
        for (int i = 0; i < 20; i++)
        {
            Task<T> getting = OnAnotherThread(() => isAsync ? queue.GetAsync().AsTask() : Task.FromResult(queue.Get())).Unwrap();
            await Task.Delay(i % 5);
            queue.Put(TKind.Item(i));
            Assert.Equal(i, TKind.Number(await getting));
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_waiting_put_goes_on_once_there_is_room(bool isAsync)
    {
        using ProcessQueue<T> queue = Create(items: 1);
        queue.Put(TKind.Item(0));
        for (int i = 0; i < 20; i++)
        {
            T next = TKind.Item(i + 1);
            Task putting = OnAnotherThread(async () =>
            {
                if (isAsync)
                {
                    await queue.PutAsync(next);
                }
                else
                {
                    queue.Put(next);
                }
            }).Unwrap();
            await Task.Delay(i % 5);
            Assert.Equal(i, TKind.Number(queue.Get()));
            await putting;
            Assert.Equal(1, queue.Count);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Waits_can_be_cancelled_and_change_nothing()
    {
        using ProcessQueue<T> queue = Create(items: 1);
        using var stop = new CancellationTokenSource();
        Task[] gets =
        [
            OnAnotherThread(() => queue.Get(null, stop.Token)),
            queue.GetAsync(null, stop.Token).AsTask(),
            OnAnotherThread(() => queue.TryGet(out _, Timeout.InfiniteTimeSpan, stop.Token)),
            queue.GetManyAsync(new T[2], null, stop.Token).AsTask(),
            queue.WaitReadyAsync(stop.Token),
        ];
        await Task.Delay(s_moment);
        await stop.CancelAsync();
        foreach (Task get in gets)
        {
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => get);
        }

        using var stopPuts = new CancellationTokenSource();
        queue.Put(TKind.Item(1));
        Task[] puts =
        [
            OnAnotherThread(() => queue.TryPut(TKind.Item(2), Timeout.InfiniteTimeSpan, stopPuts.Token)),
            queue.PutAsync(TKind.Item(3), null, stopPuts.Token).AsTask(),
            queue.PutManyAsync(new[] { TKind.Item(4) }, null, stopPuts.Token).AsTask(),
        ];
        await Task.Delay(s_moment);
        await stopPuts.CancelAsync();
        foreach (Task put in puts)
        {
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
        }

        Assert.Equal([1], Drain(queue));
    }

    [Fact(Timeout = 60_000)]
    public async Task Many_are_put_and_got_at_once_in_order()
    {
        using ProcessQueue<T> queue = Create();
        const int count = 300;
        Task<int> putting = queue.PutManyAsync(Enumerable.Range(0, count).Select(TKind.Item).ToArray()).AsTask();
        var got = new List<int>();
        var buffer = new T[7];
        while (got.Count < count)
        {
            int taken = got.Count % 2 == 0 ? queue.GetMany(buffer) : await queue.GetManyAsync(buffer);
            Assert.InRange(taken, 1, buffer.Length);
            got.AddRange(buffer.Take(taken).Select(TKind.Number));
        }

        Assert.Equal(count, await putting);
        Assert.Equal(Enumerable.Range(0, count), got);
        Assert.Equal(0, queue.GetMany([]));
        Assert.Equal(0, queue.PutMany([]));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_completed_queue_gives_out_what_it_has_and_then_ends()
    {
        using ProcessQueue<T> queue = Create();
        queue.Put(TKind.Item(1));
        queue.Put(TKind.Item(2));
        Assert.False(queue.IsCompleted);
        queue.Complete();
        queue.Complete();
        Assert.True(queue.IsCompleted);
        _ = Assert.Throws<QueueCompletedException>(() => queue.Put(TKind.Item(3)));
        _ = Assert.Throws<QueueCompletedException>(() => queue.TryPut(TKind.Item(3)));
        _ = Assert.Throws<QueueCompletedException>(() => queue.PutMany([TKind.Item(3)]));
        _ = await Assert.ThrowsAsync<QueueCompletedException>(() => queue.PutAsync(TKind.Item(3)).AsTask());
        Assert.Equal(1, TKind.Number(queue.Get()));
        Assert.Equal(2, TKind.Number(await queue.GetAsync()));
        Assert.True(queue.IsReady);
        Assert.False(queue.TryGet(out _));
        _ = Assert.Throws<QueueCompletedException>(() => queue.Get());
        _ = await Assert.ThrowsAsync<QueueCompletedException>(() => queue.GetAsync().AsTask());
        Assert.Equal(0, queue.GetMany(new T[1]));
    }

    [Fact(Timeout = 60_000)]
    public async Task Completing_ends_all_who_wait()
    {
        using ProcessQueue<T> queue = Create();
        using ProcessQueue<T> full = Create(items: 1);
        full.Put(TKind.Item(1));
        Task blocked = OnAnotherThread(() => queue.Get());
        Task awaited = queue.GetAsync().AsTask();
        Task<List<int>> loop = AllOf(queue);
        Task blockedPut = OnAnotherThread(() => full.TryPut(TKind.Item(2), Timeout.InfiniteTimeSpan));
        Task awaitedPut = full.PutAsync(TKind.Item(2)).AsTask();
        await Task.Delay(s_moment);
        queue.Complete();
        full.Complete();
        _ = await Assert.ThrowsAsync<QueueCompletedException>(() => blocked);
        _ = await Assert.ThrowsAsync<QueueCompletedException>(() => awaited);
        _ = await Assert.ThrowsAsync<QueueCompletedException>(() => blockedPut);
        _ = await Assert.ThrowsAsync<QueueCompletedException>(() => awaitedPut);
        Assert.Empty(await loop);
        Assert.Equal([1], Drain(full));
    }

    [Fact(Timeout = 60_000)]
    public async Task Several_loops_share_the_items_until_the_queue_is_completed()
    {
        using ProcessQueue<T> queue = Create();
        Task<List<int>>[] loops = [AllOf(queue), AllOf(queue), AllOf(queue)];
        for (int i = 0; i < 500; i++)
        {
            await queue.PutAsync(TKind.Item(i));
        }

        queue.Complete();
        List<int>[] got = await Task.WhenAll(loops);
        Assert.Equal(Enumerable.Range(0, 500), got.SelectMany(list => list).Order());
        Assert.All(got, list => Assert.Equal(list.Order(), list));
    }

    [Fact(Timeout = 60_000)]
    public async Task Join_returns_when_every_item_is_marked_done()
    {
        using ProcessQueue<T> queue = Create();
        queue.Join();
        queue.Put(TKind.Item(1));
        queue.Put(TKind.Item(2));
        _ = Assert.Throws<TimeoutException>(() => queue.Join(s_moment));
        Task blocked = OnAnotherThread(() =>
        {
            queue.Join();
            return true;
        });
        Task awaited = queue.JoinAsync().AsTask();
        _ = queue.Get();
        queue.TaskDone();
        _ = queue.Get();
        await Task.Delay(s_moment);
        Assert.False(blocked.IsCompleted || awaited.IsCompleted);
        queue.TaskDone();
        await blocked;
        await awaited;
        _ = Assert.Throws<InvalidOperationException>(queue.TaskDone);
        queue.Put(TKind.Item(3));
        _ = Assert.Throws<InvalidOperationException>(queue.TaskDone);
        _ = await Assert.ThrowsAsync<TimeoutException>(() => queue.JoinAsync(s_moment).AsTask());
        using var stop = new CancellationTokenSource(s_moment);
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.JoinAsync(null, stop.Token).AsTask());
    }

    [Fact(Timeout = 60_000)]
    public async Task Is_ready_while_it_has_an_item()
    {
        using ProcessQueue<T> queue = Create();
        using ProcessQueue<T> other = Create();
        Assert.False(queue.IsReady);
        Task<IReadOnlyList<IWaitable>> waiting = ProcessWait.AnyAsync([other, queue]);
        await Task.Delay(s_moment);
        Assert.False(waiting.IsCompleted);
        queue.Put(TKind.Item(1));
        Assert.Same(queue, Assert.Single(await waiting));
        Assert.True(queue.IsReady);
        _ = queue.Get();
        Assert.False(queue.IsReady);
    }

    [Fact(Timeout = 60_000)]
    public async Task Disposing_ends_waits_and_use()
    {
        ProcessQueue<T> queue = Create(items: 1);
        Task blocked = OnAnotherThread(() => queue.Get());
        Task awaited = queue.GetAsync().AsTask();
        await Task.Delay(s_moment);
        queue.Dispose();
        _ = await Assert.ThrowsAsync<ObjectDisposedException>(() => blocked);
        _ = await Assert.ThrowsAsync<ObjectDisposedException>(() => awaited);
        _ = Assert.Throws<ObjectDisposedException>(() => queue.Put(TKind.Item(1)));
        _ = Assert.Throws<ObjectDisposedException>(() => queue.TryGet(out _));
        _ = Assert.Throws<ObjectDisposedException>(() => queue.Count);
        _ = Assert.Throws<ObjectDisposedException>(queue.Complete);
        Assert.Contains("disposed", queue.ToString(), StringComparison.Ordinal);
        queue.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task Many_threads_get_every_item_once_and_those_of_each_producer_in_order()
    {
        using ProcessQueue<T> queue = Create();
        const int producers = 3;
        const int each = 2000;
        Task[] putting = [.. Enumerable.Range(0, producers).Select(producer => OnAnotherThread(() =>
        {
            for (int i = 0; i < each; i++)
            {
                queue.Put(TKind.Item((producer * each) + i));
            }

            return true;
        }))];
        Task<List<int>>[] getting = [.. Enumerable.Range(0, 3).Select(_ => OnAnotherThread(() =>
        {
            var got = new List<int>();
            while (true)
            {
                try
                {
                    got.Add(TKind.Number(queue.Get()));
                }
                catch (QueueCompletedException)
                {
                    return got;
                }
            }
        }))];
        await Task.WhenAll(putting);
        queue.Complete();
        List<int>[] all = await Task.WhenAll(getting);
        Assert.Equal(Enumerable.Range(0, producers * each), all.SelectMany(list => list).Order());
        Assert.All(all, list => Assert.All(list.GroupBy(number => number / each), group => Assert.Equal(group.Order(), group)));
    }

    private protected static ProcessQueue<T> Create(int? items = null) => new(TKind.Options with { CapacityInItems = items });

    private protected static List<int> Drain(ProcessQueue<T> queue)
    {
        var items = new List<int>();
        while (queue.TryGet(out T? item))
        {
            items.Add(TKind.Number(item));
        }

        return items;
    }

    private static async Task<List<int>> AllOf(ProcessQueue<T> queue)
    {
        var items = new List<int>();
        await foreach (T item in queue.GetAllAsync())
        {
            items.Add(TKind.Number(item));
        }

        return items;
    }

    private static async Task AssertWaits(Action wait)
    {
        long start = Environment.TickCount64;
        await OnAnotherThread(() =>
        {
            wait();
            return true;
        });
        Assert.InRange(Environment.TickCount64 - start, 180, long.MaxValue);
    }

    private static Task<TResult> OnAnotherThread<TResult>(Func<TResult> run) =>
        Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
