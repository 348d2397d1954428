using System.Diagnostics;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>What others can still do while a process is held up in the middle of an operation, as one that is stopped there.</summary>
public sealed class MonitorHeldUpTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wait_for_a_semaphore_is_cancelled_though_it_was_just_about_to_sleep(bool isAsync)
    {
        SkipWithoutCrashPoints();
        using var slots = new ProcessSemaphore(0);
        using var aboutToSleep = new ProcessEvent();
        using var inside = new ProcessEvent();
        using var goOn = new ProcessEvent();
        using var waiter = WorkerProcess.Create(AcquireCancelledAsync, slots, isAsync, aboutToSleep, inside);
        using var holder = WorkerProcess.Create(ReleaseHeldUp, slots, aboutToSleep, inside, goOn);
        waiter.Start();
        holder.Start();
        Assert.True(await waiter.ResultAsync<bool>().WaitAsync(s_patience));
        goOn.Set();
        await holder.JoinAsync();
        Assert.True(slots.Acquire(TimeSpan.Zero));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wait_at_a_barrier_that_has_not_arrived_is_cancelled_though_it_was_just_about_to_sleep()
    {
        SkipWithoutCrashPoints();
        using var acting = new ProcessEvent();
        using var act = new ProcessEvent();
        using var aboutToSleep = new ProcessEvent();
        using var inside = new ProcessEvent();
        using var goOn = new ProcessEvent();
        using var barrier = new ProcessBarrier(1, () =>
        {
            acting.Set();
            _ = act.Wait();
        });
        Task<int> own = Task.Factory.StartNew(() => barrier.Wait(), TaskCreationOptions.LongRunning);
        Assert.True(acting.Wait(s_patience));
        using var waiter = WorkerProcess.Create(ArriveCancelled, barrier, aboutToSleep, inside);
        using var holder = WorkerProcess.Create(AbortHeldUp, barrier, aboutToSleep, inside, goOn);
        waiter.Start();
        holder.Start();
        Assert.True(await waiter.ResultAsync<bool>().WaitAsync(s_patience));
        goOn.Set();
        await holder.JoinAsync();
        act.Set();
        _ = await Assert.ThrowsAsync<BrokenBarrierException>(() => own.WaitAsync(s_patience));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_look_at_a_semaphore_with_a_count_to_come_back_does_not_wait_for_one_that_is_held_up()
    {
        SkipWithoutCrashPoints();
        using var slots = new ProcessSemaphore(1, 2);
        using var taken = new ProcessEvent();
        using var inside = new ProcessEvent();
        using var goOn = new ProcessEvent();
        using var taker = WorkerProcess.Create(TakeAndHang, slots, taken);
        taker.Start();
        Assert.True(taken.Wait(s_patience));
        Assert.Empty(ProcessWait.Any([slots], TimeSpan.Zero));
        using var holder = WorkerProcess.Create(TryHeldUp, slots, inside, goOn);
        holder.Start();
        Assert.True(inside.Wait(s_patience));
        taker.Kill();
        await taker.JoinAsync();

        // The quickest of some, for a busy machine may hold up any of them.
        TimeSpan quickest = TimeSpan.MaxValue;
        for (int look = 0; look < 5; look++)
        {
            long start = Stopwatch.GetTimestamp();
            Assert.Empty(ProcessWait.Any([slots], TimeSpan.Zero));
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            quickest = time < quickest ? time : quickest;
        }

        Assert.InRange(quickest, TimeSpan.Zero, TimeSpan.FromMilliseconds(50));
        goOn.Set();
        Assert.Equal([slots], await ProcessWait.AnyAsync([slots]).WaitAsync(s_patience));
        await holder.JoinAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_party_that_waits_for_the_action_beyond_its_time_takes_no_processor_time()
    {
        var action = TimeSpan.Zero;
        using var barrier = new ProcessBarrier(2, () => Thread.Sleep(action));
        using var worker = WorkerProcess.Create(MeasureSecondWait, barrier);
        worker.Start();
        _ = barrier.Wait();
        action = TimeSpan.FromSeconds(2);
        while (barrier.ParticipantsWaiting == 0)
        {
            await Task.Yield();
        }

        _ = barrier.Wait();
        TimeSpan used = await worker.ResultAsync<TimeSpan>().WaitAsync(s_patience);
        Assert.InRange(used, TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
    }

    private static void SkipWithoutCrashPoints() => Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");

    /// <summary>Cancelled when it has found nothing, and has yet to say that it waits, for which it would have to get in once more.</summary>
    private static CancellationToken CancelAboutToSleep(ProcessEvent aboutToSleep, ProcessEvent inside)
    {
        var stop = new CancellationTokenSource();
        CrashPoint.Arm("monitor.before-mark", () =>
        {
            aboutToSleep.Set();
            _ = inside.Wait();
            stop.Cancel();
        });
        return stop.Token;
    }

    private static async Task<bool> AcquireCancelledAsync(ProcessSemaphore slots, bool isAsync, ProcessEvent aboutToSleep, ProcessEvent inside)
    {
        CancellationToken stop = CancelAboutToSleep(aboutToSleep, inside);
        try
        {
            _ = isAsync ? await slots.AcquireAsync(cancellationToken: stop) : slots.Acquire(cancellationToken: stop);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private static bool ArriveCancelled(ProcessBarrier barrier, ProcessEvent aboutToSleep, ProcessEvent inside)
    {
        CancellationToken stop = CancelAboutToSleep(aboutToSleep, inside);
        try
        {
            _ = barrier.Wait(null, stop);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private static void HoldUpInside(ProcessEvent inside, ProcessEvent goOn) => CrashPoint.Arm("monitor.before-exit", () =>
    {
        inside.Set();
        _ = goOn.Wait();
    });

    private static void ReleaseHeldUp(ProcessSemaphore slots, ProcessEvent aboutToSleep, ProcessEvent inside, ProcessEvent goOn)
    {
        _ = aboutToSleep.Wait();
        HoldUpInside(inside, goOn);
        slots.Release();
    }

    private static void AbortHeldUp(ProcessBarrier barrier, ProcessEvent aboutToSleep, ProcessEvent inside, ProcessEvent goOn)
    {
        _ = aboutToSleep.Wait();
        HoldUpInside(inside, goOn);
        barrier.Abort();
    }

    private static void TakeAndHang(ProcessSemaphore slots, ProcessEvent taken)
    {
        _ = slots.Acquire();
        taken.Set();
        _ = new ManualResetEvent(false).WaitOne();
    }

    private static void TryHeldUp(ProcessSemaphore slots, ProcessEvent inside, ProcessEvent goOn)
    {
        HoldUpInside(inside, goOn);
        _ = slots.Acquire(TimeSpan.Zero);
    }

    private static TimeSpan MeasureSecondWait(ProcessBarrier barrier)
    {
        _ = barrier.Wait();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        _ = barrier.Wait(TimeSpan.FromMilliseconds(400));
        return Environment.CpuUsage.TotalTime - before;
    }
}
