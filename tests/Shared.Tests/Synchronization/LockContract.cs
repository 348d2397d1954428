using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Memory;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>What every kind of lock promises, within one process; <c>LockContract.Processes.cs</c> has the rest.</summary>
public abstract partial class LockContract<T, TKind>
    where T : class, IDisposable, IWaitable
    where TKind : ILockKind<T>
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);

    [Fact(Timeout = 60_000)]
    public void Is_acquired_and_released()
    {
        using T mutex = TKind.Create();
        for (int i = 0; i < 3; i++)
        {
            Assert.True(mutex.IsReady);
            LockResult result = TKind.Acquire(mutex);
            Assert.True(result);
            Assert.False(result.IsAbandoned);
            TKind.Release(mutex);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Excludes_others_while_it_is_held()
    {
        using T mutex = TKind.Create();
        await using (await TKind.HoldAsync(mutex))
        {
            Assert.False(await OnAnotherThread(() => TKind.Acquire(mutex, TimeSpan.Zero)));
            Assert.False(await OnAnotherThread(() => TKind.Acquire(mutex, TimeSpan.FromSeconds(-5))));
            Assert.False(await OnAnotherThread(() => TKind.Acquire(mutex, s_moment)));
            Assert.False(await OnAnotherThread(() => TKind.AcquireAsync(mutex, s_moment).AsTask().Result));
        }

        Assert.True(await OnAnotherThread(() =>
        {
            LockResult result = TKind.Acquire(mutex, TimeSpan.Zero);
            TKind.Release(mutex);
            return result;
        }));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_timed_acquire_waits_at_least_that_long()
    {
        using T mutex = TKind.Create();
        await using (await TKind.HoldAsync(mutex))
        {
            long start = Environment.TickCount64;
            Assert.False(await OnAnotherThread(() => TKind.Acquire(mutex, TimeSpan.FromMilliseconds(200))));
            Assert.InRange(Environment.TickCount64 - start, 180, long.MaxValue);
        }
    }

    [Fact(Timeout = 60_000)]
    public void Releasing_it_unacquired_is_an_error_that_says_so()
    {
        using T mutex = TKind.Create();
        _ = Assert.ThrowsAny<SystemException>(() => TKind.Release(mutex));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hold_that_times_out_throws_and_holds_nothing()
    {
        using T mutex = TKind.Create();
        Assert.True(await TKind.AcquireAsync(mutex));
        _ = await OnAnotherThread(() => Assert.Throws<TimeoutException>(() => TKind.Hold(mutex, s_moment)));
        TKind.Release(mutex);
        Assert.True(mutex.IsReady);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_blocked_acquire_can_be_cancelled()
    {
        using T mutex = TKind.Create();
        await using (await TKind.HoldAsync(mutex))
        {
            using var stop = new CancellationTokenSource();
            Task waiting = OnAnotherThread(() => TKind.Acquire(mutex, null, stop.Token));
            await Task.Delay(s_moment);
            await stop.CancelAsync();
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => OnAnotherThread(() => TKind.Acquire(mutex, null, stop.Token)));
        }

        Assert.True(mutex.IsReady);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_awaited_acquire_can_be_cancelled()
    {
        using T mutex = TKind.Create();
        await using (await TKind.HoldAsync(mutex))
        {
            using var stop = new CancellationTokenSource();
            Task waiting = OnAnotherThread(() => TKind.AcquireAsync(mutex, null, stop.Token).AsTask()).Unwrap();
            await Task.Delay(s_moment);
            await stop.CancelAsync();
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        Assert.True(mutex.IsReady);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hundred_flows_wait_and_each_gets_its_turn()
    {
        using T mutex = TKind.Create();
        int inside = 0, turns = 0;
        Task[] flows;
        await using (await TKind.HoldAsync(mutex))
        {
            flows = [.. Enumerable.Range(0, 100).Select(_ => OnAnotherThread(async () =>
            {
                await using (await TKind.HoldAsync(mutex))
                {
                    Assert.Equal(1, ++inside);
                    await Task.Yield();
                    turns++;
                    inside--;
                }
            }).Unwrap())];
        }

        await Task.WhenAll(flows);
        Assert.Equal(100, turns);
    }

    [Fact(Timeout = 60_000)]
    public void Threads_do_not_lose_increments()
    {
        using T mutex = TKind.Create();
        int count = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                using (TKind.Hold(mutex))
                {
                    count++;
                }
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(80_000, count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Can_be_waited_for_without_being_taken()
    {
        using T mutex = TKind.Create();
        Assert.True(await TKind.AcquireAsync(mutex));
        Task ready = OnAnotherThread(() => mutex.WaitReadyAsync()).Unwrap();
        await Task.Delay(s_moment);
        Assert.False(ready.IsCompleted);
        Assert.False(await OnAnotherThread(() => mutex.IsReady));
        TKind.Release(mutex);
        await ready;
        Assert.True(mutex.IsReady);
    }

    [Fact(Timeout = 60_000)]
    public async Task Disposing_ends_waits_in_progress()
    {
        T mutex = TKind.Create();
        Assert.True(await TKind.AcquireAsync(mutex));
        Task blocked = OnAnotherThread(() => TKind.Acquire(mutex));
        Task awaited = OnAnotherThread(() => TKind.AcquireAsync(mutex).AsTask()).Unwrap();
        await Task.Delay(s_moment);
        mutex.Dispose();
        _ = await Assert.ThrowsAsync<ObjectDisposedException>(() => blocked);
        _ = await Assert.ThrowsAsync<ObjectDisposedException>(() => awaited);
        _ = Assert.Throws<ObjectDisposedException>(() => TKind.Acquire(mutex));
        _ = Assert.Throws<ObjectDisposedException>(() => TKind.Release(mutex));
        mutex.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public void Does_not_travel_to_strangers()
    {
        using T mutex = TKind.Create();
        Assert.Contains(typeof(T).Name, Assert.ThrowsAny<Exception>(() => Wire.SendToForeign(mutex)).ToString(), StringComparison.Ordinal);
    }

    /// <summary>Runs something on a thread of its own, in a flow of its own: an owner that is not the test's.</summary>
    private static Task<TResult> OnAnotherThread<TResult>(Func<TResult> run)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }
}
