using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>
/// Deaths inside a monitor that is taken over by one who is there only to note that it waits: held up between the two, so that
/// every one of them happens just then.
/// </summary>
public sealed class MonitorCrashTests
{
    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(30);

    [Theory(Timeout = 60_000)]
    [InlineData("semaphore.given")]
    [InlineData("monitor.before-exit")]
    [InlineData("lock.before-free")]
    public async Task A_count_given_back_by_one_that_is_killed_reaches_a_waiter_that_is_about_to_sleep(string place)
    {
        SkipWithoutCrashPoints();
        using var slots = new ProcessSemaphore(1, 1);
        using var taken = new ProcessEvent();
        using var release = new ProcessEvent();
        using var releaser = WorkerProcess.Create(DieReleasing, slots, taken, release, place);
        releaser.Start();
        Assert.True(taken.Wait());
        await using (HeldUp waiter = await HeldUp.StartAsync(slots))
        {
            release.Set();
            await AssertDiesAsync(releaser);
            Assert.True(await waiter.GoOnAsync());
        }

        await AssertIntactAsync(slots);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("lock.taken")]
    [InlineData("semaphore.taken")]
    [InlineData("monitor.before-exit")]
    public async Task A_count_taken_by_one_that_is_killed_is_lost_neither_now_nor_at_the_next_death(string place)
    {
        SkipWithoutCrashPoints();
        using var slots = new ProcessSemaphore(1, 1);
        Assert.True(slots.Acquire());
        await using (HeldUp waiter = await HeldUp.StartAsync(slots))
        {
            slots.Release();
            using var taker = WorkerProcess.Create(DieAcquiring, slots, place);
            taker.Start();
            await AssertDiesAsync(taker);
            Assert.True(await waiter.GoOnAsync());
        }

        await AssertIntactAsync(slots);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("semaphore.removing")]
    [InlineData("semaphore.rebased")]
    [InlineData("semaphore.removed")]
    public async Task What_a_dead_process_had_consumed_is_deducted_once_however_often_its_removal_is_begun(string place)
    {
        SkipWithoutCrashPoints();
        using var signal = new ProcessSemaphore(0);
        Assert.Equal(0, signal.Release(2));
        using var taken = new ProcessEvent();
        using var consumer = WorkerProcess.Create(ConsumeAndHang, signal, 2, taken);
        consumer.Start();
        Assert.True(taken.Wait());
        await using (HeldUp waiter = await HeldUp.StartAsync(signal, TimeSpan.FromSeconds(5)))
        {
            consumer.Kill();
            await consumer.JoinAsync();
            using var remover = WorkerProcess.Create(DieAcquiring, signal, place);
            remover.Start();
            await AssertDiesAsync(remover);
            Assert.False(await waiter.GoOnAsync());
        }

        // One for the death after which all is added up again, one to be left.
        Assert.Equal(0, signal.Release(2));
        using var last = WorkerProcess.Create(DieAcquiring, signal, "monitor.before-exit");
        last.Start();
        await AssertDiesAsync(last);
        Assert.True(signal.Acquire(TimeSpan.Zero));
        Assert.False(signal.Acquire(TimeSpan.Zero));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("monitor.before-repair")]
    [InlineData("monitor.before-exit")]
    public async Task A_repair_that_is_killed_itself_is_done_by_the_next(string place)
    {
        SkipWithoutCrashPoints();
        using var slots = new ProcessSemaphore(1, 1);
        using var taker = WorkerProcess.Create(DieAcquiring, slots, "semaphore.taken");
        taker.Start();
        await AssertDiesAsync(taker);
        using var repairer = WorkerProcess.Create(DieAcquiring, slots, place);
        repairer.Start();
        await AssertDiesAsync(repairer);
        await AssertIntactAsync(slots);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_new_user_that_is_killed_before_it_has_roused_the_waiters_leaves_them_to_the_next()
    {
        SkipWithoutCrashPoints();
        using var signal = new ProcessSemaphore(0);
        Task<bool> waiting = signal.AcquireAsync().AsTask();
        using var releaser = WorkerProcess.Create(DieAtOnceReleasing, signal, "monitor.before-member-wake");
        releaser.Start();
        await AssertDiesAsync(releaser);
        Assert.False(waiting.IsCompleted);
        signal.Release();
        Assert.True(await waiting.WaitAsync(s_tooLong));
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_has_reset_a_barrier_and_is_killed_then_breaks_no_cycle_of_those_who_take_part()
    {
        SkipWithoutCrashPoints();
        using var barrier = new ProcessBarrier(2);
        using var stranger = WorkerProcess.Create(DieResetting, barrier, "barrier.changed");
        stranger.Start();
        await AssertDiesAsync(stranger);

        Task<int>[] both = [barrier.WaitAsync().AsTask(), barrier.WaitAsync().AsTask()];

        Assert.Equal([0, 1], (await Task.WhenAll(both).WaitAsync(s_tooLong)).Order());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("barrier.before-end")]
    [InlineData("barrier.after-end")]
    [InlineData("barrier.emptied")]
    public async Task A_reset_that_is_killed_leaves_no_arrival_of_the_cycle_before_it(string place)
    {
        SkipWithoutCrashPoints();
        using var barrier = new ProcessBarrier(3);
        using var heldUp = new ProcessEvent();
        using var goOn = new ProcessEvent();
        using var party = WorkerProcess.Create(ArriveHeldUp, barrier, heldUp, goOn);
        party.Start();
        Assert.True(heldUp.Wait());
        using var stranger = WorkerProcess.Create(DieResetting, barrier, place);
        stranger.Start();
        await AssertDiesAsync(stranger);
        goOn.Set();
        BarrierBreak cause = await party.ResultAsync<BarrierBreak>();
        Assert.True(cause is BarrierBreak.Reset or BarrierBreak.ProcessEnded, $"{cause}");
        await party.JoinAsync();
        barrier.Reset();
        Task<int>[] two = [barrier.WaitAsync().AsTask(), barrier.WaitAsync().AsTask()];
        Assert.Equal(2, barrier.ParticipantsWaiting);
        Assert.DoesNotContain(two, task => task.IsCompleted);
        _ = barrier.Wait();
        _ = await Task.WhenAll(two);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("barrier.before-end")]
    [InlineData("barrier.after-end")]
    [InlineData("monitor.before-exit")]
    [InlineData("lock.before-free")]
    [InlineData("monitor.before-wake")]
    public async Task An_abort_by_one_that_takes_no_part_and_is_killed_leaves_nobody_waiting(string place)
    {
        SkipWithoutCrashPoints();
        using var barrier = new ProcessBarrier(3);
        Task<int>[] two = [barrier.WaitAsync().AsTask(), Task.Factory.StartNew(() => barrier.Wait(), TaskCreationOptions.LongRunning)];
        while (barrier.ParticipantsWaiting < 2)
        {
            await Task.Yield();
        }

        // It finds nobody to wake if those whom its coming has roused have not parked again: then it does not get to that place.
        using var stranger = WorkerProcess.Create(DieAborting, barrier, place);
        stranger.Start();
        await stranger.JoinAsync();
        Assert.True(stranger.ExitCode != 0 || place == "monitor.before-wake");
        foreach (Task<int> party in two)
        {
            BrokenBarrierException broken = await Assert.ThrowsAsync<BrokenBarrierException>(() => party.WaitAsync(s_tooLong));
            Assert.Equal(stranger.ProcessId, broken.ProcessId);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_only_aborts_and_resets_is_no_party_whose_end_breaks_it()
    {
        using var barrier = new ProcessBarrier(2);
        using var stranger = WorkerProcess.Create(AbortAndReset, barrier);
        stranger.Start();
        await stranger.JoinAsync();
        Assert.Equal(0, stranger.ExitCode);
        Task<int> first = barrier.WaitAsync().AsTask();
        _ = barrier.Wait();
        _ = await first;
    }

    private static void SkipWithoutCrashPoints() => Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");

    private static async Task AssertDiesAsync(WorkerProcess worker)
    {
        await worker.JoinAsync();
        Assert.NotEqual(0, worker.ExitCode);
    }

    /// <summary>The single count can be had, and still after a death at which all is added up again.</summary>
    private static async Task AssertIntactAsync(ProcessSemaphore slots)
    {
        using var victim = WorkerProcess.Create(DieAcquiring, slots, "monitor.before-exit");
        victim.Start();
        await AssertDiesAsync(victim);
        Assert.True(slots.Acquire(TimeSpan.Zero));
        Assert.False(slots.Acquire(TimeSpan.Zero));
        slots.Release();
    }

    private static void DieAcquiring(ProcessSemaphore slots, string place)
    {
        CrashPoint.Arm(place);
        _ = slots.Acquire();
    }

    private static void DieReleasing(ProcessSemaphore slots, ProcessEvent taken, ProcessEvent release, string place)
    {
        _ = slots.Acquire();
        taken.Set();
        _ = release.Wait();
        CrashPoint.Arm(place);
        slots.Release();
    }

    private static void DieAtOnceReleasing(ProcessSemaphore signal, string place)
    {
        CrashPoint.Arm(place);
        signal.Release();
    }

    private static void ConsumeAndHang(ProcessSemaphore signal, int count, ProcessEvent taken)
    {
        for (int i = 0; i < count; i++)
        {
            _ = signal.Acquire();
        }

        taken.Set();
        _ = new ManualResetEvent(false).WaitOne();
    }

    private static BarrierBreak ArriveHeldUp(ProcessBarrier barrier, ProcessEvent heldUp, ProcessEvent goOn)
    {
        HoldUp(heldUp, goOn);
        try
        {
            _ = barrier.Wait();
            return BarrierBreak.None;
        }
        catch (BrokenBarrierException broken)
        {
            return broken.Cause;
        }
    }

    private static void DieResetting(ProcessBarrier barrier, string place)
    {
        CrashPoint.Arm(place);
        barrier.Reset();
    }

    private static void DieAborting(ProcessBarrier barrier, string place)
    {
        CrashPoint.Arm(place);
        barrier.Abort();
    }

    private static void AbortAndReset(ProcessBarrier barrier)
    {
        barrier.Abort();
        barrier.Reset();
    }

    private static void HoldUp(ProcessEvent heldUp, ProcessEvent goOn) => CrashPoint.Arm("monitor.before-mark", () =>
    {
        heldUp.Set();
        _ = goOn.Wait();
    });

    /// <summary>A process that has found no count and has yet to say that it waits for one.</summary>
    private sealed class HeldUp : IAsyncDisposable
    {
        private readonly ProcessEvent _heldUp = new();
        private readonly ProcessEvent _goOn = new();
        private readonly WorkerProcess _worker;

        private HeldUp(ProcessSemaphore slots, TimeSpan? timeout)
        {
            _worker = WorkerProcess.Create(Acquire, slots, timeout, _heldUp, _goOn);
        }

        public static async Task<HeldUp> StartAsync(ProcessSemaphore slots, TimeSpan? timeout = null)
        {
            var waiter = new HeldUp(slots, timeout);
            waiter._worker.Start();
            Assert.True(await waiter._heldUp.WaitAsync());
            return waiter;
        }

        /// <summary>Has it go on, to its end.</summary>
        /// <returns>Whether it acquired a count.</returns>
        public async Task<bool> GoOnAsync()
        {
            _goOn.Set();
            bool isAcquired = await _worker.ResultAsync<bool>().WaitAsync(s_tooLong);
            await _worker.JoinAsync();
            return isAcquired;
        }

        public async ValueTask DisposeAsync()
        {
            _worker.Kill();
            await _worker.DisposeAsync();
            _heldUp.Dispose();
            _goOn.Dispose();
        }

        private static bool Acquire(ProcessSemaphore slots, TimeSpan? timeout, ProcessEvent heldUp, ProcessEvent goOn)
        {
            HoldUp(heldUp, goOn);
            return slots.Acquire(timeout);
        }
    }
}
