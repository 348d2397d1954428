using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class SharedSynchronizationTests(ManagerFixture fixture) : IClassFixture<ManagerFixture>
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(20);

    private Manager Manager => fixture.Manager;

    [Fact(Timeout = 60_000)]
    public async Task A_lock_passes_in_order_and_a_cancelled_or_timed_out_wait_gets_nothing()
    {
        using SharedLock mutex = Manager.CreateLock();
        Assert.True(mutex.Acquire());
        Assert.False(mutex.Acquire(s_soon));
        using var stop = new CancellationTokenSource();
        Task<LockResult> cancelled = mutex.AcquireAsync(cancellationToken: stop.Token).AsTask();
        Task<LockResult> next = mutex.AcquireAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.False(next.IsCompleted);
        mutex.Release();
        Assert.True(await next);
        mutex.Release();
        Assert.Throws<SynchronizationLockException>(mutex.Release);
        Assert.False(mutex.IsHeld);
        using (mutex.Hold())
        {
            Assert.True(mutex.IsHeld);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Calls_that_wait_hold_up_no_other_call_of_the_same_process()
    {
        using SharedEvent gate = Manager.CreateEvent();
        using SharedList<int> list = Manager.CreateList<int>();
        Task<bool>[] waiting = [.. Enumerable.Range(0, 100).Select(_ => gate.WaitAsync(cancellationToken: TestContext.Current.CancellationToken))];
        list.Add(1);
        Assert.Equal([1], list);
        Assert.False(gate.Wait(s_soon));
        gate.Set();
        Assert.All(await Task.WhenAll(waiting), Assert.True);
        gate.Reset();
        Assert.False(gate.IsSet);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_recursive_lock_belongs_to_its_thread()
    {
        using SharedRecursiveLock mutex = Manager.CreateRecursiveLock();
        await Task.Run(
            () =>
            {
                Assert.True(mutex.Acquire());
                Assert.True(mutex.Acquire(TimeSpan.Zero));
                Exception? error = null;
                var other = new Thread(() => error = Record.Exception(() =>
                {
                    Assert.False(mutex.Acquire(TimeSpan.Zero));
                    Assert.Throws<SynchronizationLockException>(mutex.Release);
                }));
                other.Start();
                other.Join();
                Assert.Null(error);
                mutex.Release();
                Assert.True(mutex.IsHeld);
                mutex.Release();
                Assert.False(mutex.IsHeld);
            },
            TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public void A_semaphore_counts_up_to_its_maximum()
    {
        using SharedSemaphore semaphore = Manager.CreateSemaphore(2, 2);
        Assert.True(semaphore.Acquire() && semaphore.Acquire());
        Assert.False(semaphore.Acquire(TimeSpan.Zero));
        Assert.Equal(0, semaphore.Release(2));
        Assert.Throws<SemaphoreFullException>(() => semaphore.Release());
        Assert.Throws<ArgumentOutOfRangeException>(() => semaphore.Release(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Manager.CreateSemaphore(3, 2));
        Assert.Equal(2, semaphore.CurrentCount);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_condition_is_waited_for_with_its_lock_released_and_returns_with_it()
    {
        using SharedCondition condition = Manager.CreateCondition();
        using SharedList<int> list = Manager.CreateList<int>();
        using WorkerProcess worker = WorkerProcess.Create(
            static (SharedCondition condition, SharedList<int> list) =>
            {
                using (condition.Hold())
                {
                    list.Add(1);
                    condition.NotifyAll();
                }
            },
            condition,
            list);
        await Task.Run(
            () =>
            {
                Assert.Throws<SynchronizationLockException>(() => condition.Wait(TimeSpan.Zero));
                Assert.Throws<SynchronizationLockException>(() => condition.Notify());
                using (condition.Hold())
                {
                    Assert.False(condition.Wait(s_soon));
                    worker.Start();
                    Assert.True(condition.WaitFor(() => list.Count == 1));
                    Assert.False(condition.WaitFor(() => list.Count == 2, s_soon));
                }

                Assert.Throws<SynchronizationLockException>(condition.Release);
            },
            TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_condition_on_a_given_lock_shares_it_and_a_cancelled_wait_returns_with_it()
    {
        using SharedRecursiveLock mutex = Manager.CreateRecursiveLock();
        using SharedCondition condition = Manager.CreateCondition(mutex);
        await Task.Run(
            () =>
            {
                using (mutex.Hold())
                using (mutex.Hold())
                using (var stop = new CancellationTokenSource(s_soon))
                {
                    Assert.ThrowsAny<OperationCanceledException>(() => condition.Wait(cancellationToken: stop.Token));
                }

                Assert.False(mutex.IsHeld);
            },
            TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_barrier_lets_all_go_and_gives_each_a_number()
    {
        using SharedBarrier barrier = Manager.CreateBarrier(3);
        for (int round = 0; round < 3; round++)
        {
            int[] numbers = await Task.WhenAll(
                Enumerable.Range(0, 3).Select(_ => barrier.WaitAsync(cancellationToken: TestContext.Current.CancellationToken)));
            Assert.Equal([0, 1, 2], numbers.Order());
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Manager.CreateBarrier(0));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_killed_party_breaks_the_barrier_for_the_others()
    {
        using SharedBarrier barrier = Manager.CreateBarrier(3);
        using WorkerProcess worker = WorkerProcess.Create(static (SharedBarrier shared) => shared.Wait(), barrier);
        worker.Start();
        await Eventually.HoldsAsync(() => barrier.ParticipantsWaiting == 1);
        Task<int> waiting = barrier.WaitAsync(cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => barrier.ParticipantsWaiting == 2);
        worker.Kill();
        BrokenBarrierException error = await Assert.ThrowsAsync<BrokenBarrierException>(() => waiting);
        Assert.Equal(BarrierBreak.ProcessEnded, error.Cause);
        Assert.Equal(worker.ProcessId, error.ProcessId);
        Assert.True(barrier.IsBroken);
        Assert.Throws<BrokenBarrierException>(() => barrier.Wait());
        barrier.Reset();
        Assert.False(barrier.IsBroken);
        Assert.Equal(BarrierBreak.Timeout, Assert.Throws<BrokenBarrierException>(() => barrier.Wait(s_soon)).Cause);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_queue_is_bounded_ordered_joined_and_completed()
    {
        using SharedQueue<int> queue = Manager.CreateQueue<int>(2);
        queue.Put(1);
        queue.Put(2);
        Assert.False(queue.TryPut(3));
        Assert.Throws<TimeoutException>(() => queue.Put(3, s_soon));
        Task putting = queue.PutAsync(3, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(1, queue.Get());
        await putting;
        Assert.False(queue.Join(TimeSpan.Zero));
        Assert.Equal([2, 3], queue.GetMany(10));
        Assert.False(queue.TryGet(out _));
        using (var stop = new CancellationTokenSource(s_soon))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.GetAsync(cancellationToken: stop.Token));
        }

        queue.TaskDone();
        queue.TaskDone();
        queue.TaskDone();
        Assert.True(queue.Join());
        Assert.Throws<InvalidOperationException>(queue.TaskDone);
        queue.Put(4);
        queue.Complete();
        Assert.Equal([4], await queue.GetAllAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Throws<QueueCompletedException>(() => queue.Put(5));
    }

    [Fact(Timeout = 60_000)]
    public async Task Many_items_are_put_together_and_wait_for_room_together()
    {
        using SharedQueue<int> queue = Manager.CreateQueue<int>(3);
        Assert.Equal(3, queue.PutMany([1, 2, 3, 4, 5], TimeSpan.Zero));
        Task<int> many = queue.PutManyAsync([6, 7, 8, 9], cancellationToken: TestContext.Current.CancellationToken);
        Task one = queue.PutAsync(10, cancellationToken: TestContext.Current.CancellationToken);
        for (int expected = 1; expected <= 3; expected++)
        {
            Assert.Equal(expected, queue.Get());
        }

        Assert.Equal([6, 7, 8], queue.GetMany(3));
        Assert.Equal(4, await many);
        await one;
        Assert.Equal([9, 10], await queue.GetManyAsync(5, TestContext.Current.CancellationToken));

        // What has found room by the time that is up has been put, and the rest has not.
        Task<int> late = queue.PutManyAsync([1, 2, 3, 4, 5], TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<TimeoutException>(() => late);
        Assert.Equal([1, 2, 3], queue.GetMany(9));
    }

    [Fact(Timeout = 60_000)]
    public void A_queue_in_a_list_is_used_from_there()
    {
        using SharedList<SharedQueue<string>> list = Manager.CreateList<SharedQueue<string>>();
        using (SharedQueue<string> queue = Manager.CreateQueue<string>())
        {
            list.Add(queue);
        }

        using (SharedQueue<string> queue = list[0])
        {
            queue.Put("x");
        }

        using SharedQueue<string> again = list[0];
        Assert.Equal("x", again.Get());
    }
}
