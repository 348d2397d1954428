using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Synchronization;

public sealed class ProcessSemaphoreTests
{
    [Fact(Timeout = 60_000)]
    public void Counts_down_and_up_and_may_go_beyond_where_it_began()
    {
        using var semaphore = new ProcessSemaphore(2);
        Assert.True(semaphore.Acquire());
        Assert.True(semaphore.Acquire());
        Assert.Equal(0, semaphore.CurrentCount);
        Assert.False(semaphore.Acquire(TimeSpan.Zero));
        Assert.Equal(0, semaphore.Release(5));
        Assert.Equal(5, semaphore.CurrentCount);
        Assert.Equal("ProcessSemaphore (count: 5)", semaphore.ToString());
    }

    [Fact(Timeout = 60_000)]
    public void Does_not_go_beyond_its_maximum()
    {
        using var semaphore = new ProcessSemaphore(2, 3);
        Assert.Equal(2, semaphore.Release(1));
        _ = Assert.Throws<SemaphoreFullException>(() => semaphore.Release());
        Assert.True(semaphore.Acquire());
        _ = Assert.Throws<SemaphoreFullException>(() => semaphore.Release(2));
        Assert.Equal(2, semaphore.CurrentCount);
    }

    [Fact(Timeout = 60_000)]
    public void Refuses_counts_that_make_no_sense()
    {
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessSemaphore(-1));
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessSemaphore(3, 2));
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessSemaphore(0, 0));
        using var semaphore = new ProcessSemaphore();
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => semaphore.Release(0));
    }

    [Fact(Timeout = 60_000)]
    public async Task Releasing_several_wakes_as_many()
    {
        using var semaphore = new ProcessSemaphore(0);
        Task<bool>[] waits = [.. Enumerable.Range(0, 10).Select(i => i % 2 == 0
            ? semaphore.AcquireAsync().AsTask()
            : Task.Factory.StartNew(() => semaphore.Acquire(), TaskCreationOptions.LongRunning))];
        semaphore.Release(4);
        semaphore.Release(6);
        Assert.All(await Task.WhenAll(waits), Assert.True);
        Assert.Equal(0, semaphore.CurrentCount);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_killed_process_holds_comes_back()
    {
        using var slots = new ProcessSemaphore(3, 3);
        using var worker = StartTaker(slots, 2);
        Assert.True(slots.Acquire());
        ValueTask<bool> waiting = slots.AcquireAsync();
        Assert.False(waiting.IsCompleted);
        worker.Kill();
        Assert.True(await waiting);
        Assert.Equal(1, slots.CurrentCount);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_killed_process_has_consumed_of_a_signal_does_not_come_back()
    {
        using var signal = new ProcessSemaphore(0);
        signal.Release(3);
        using var worker = StartTaker(signal, 2);
        Assert.True(signal.Acquire());
        Task<bool> waiting = signal.AcquireAsync(TimeSpan.FromMilliseconds(500)).AsTask();
        worker.Kill();
        Assert.False(await waiting);
        Assert.Equal(0, signal.CurrentCount);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_process_has_released_stays_when_it_ends()
    {
        using var signal = new ProcessSemaphore(0);
        for (int i = 1; i <= 3; i++)
        {
            using var worker = WorkerProcess.Create(Release, signal, 2);
            worker.Start();
            await worker.JoinAsync();
        }

        for (int i = 0; i < 6; i++)
        {
            Assert.True(signal.Acquire(TimeSpan.Zero));
        }

        Assert.False(signal.Acquire(TimeSpan.Zero));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("semaphore.taken")]
    [InlineData("monitor.before-exit")]
    [InlineData("lock.before-free")]
    [InlineData("lock.taken")]
    public async Task A_kill_in_the_middle_of_acquiring_loses_no_count(string place)
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        using var slots = new ProcessSemaphore(2, 2);
        for (int i = 0; i < 3; i++)
        {
            using var worker = WorkerProcess.Create(DieAcquiring, slots, place);
            worker.Start();
            await worker.JoinAsync();

            // Who takes the lock over from a dead process does not pass the place at which that one died.
            Assert.True(worker.ExitCode != 0 || i > 0);
        }

        AssertAvailable(slots, 2);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("semaphore.given")]
    [InlineData("monitor.before-exit")]
    [InlineData("lock.before-free")]
    [InlineData("monitor.before-wake")]
    public async Task A_kill_in_the_middle_of_releasing_leaves_nobody_waiting(string place)
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        using var slots = new ProcessSemaphore(1, 1);
        using var taken = new ProcessEvent();
        using var go = new ProcessEvent();
        using var worker = WorkerProcess.Create(DieReleasing, slots, taken, go, place);
        worker.Start();
        Assert.True(taken.Wait());
        Task<bool> waiting = slots.AcquireAsync().AsTask();
        go.Set();
        Assert.True(await waiting);
        await worker.JoinAsync();
        slots.Release();
        AssertAvailable(slots, 1);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_recovery_that_is_killed_itself_is_finished_by_the_next()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        using var slots = new ProcessSemaphore(2, 2);
        using (WorkerProcess worker = StartTaker(slots, 2))
        {
            worker.Kill();
            await worker.JoinAsync();
        }

        using var recoverer = WorkerProcess.Create(DieAcquiring, slots, "semaphore.removing");
        recoverer.Start();
        await recoverer.JoinAsync();
        AssertAvailable(slots, 2);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_attempt_gets_an_available_count_although_another_process_is_held_up_inside()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");

        // The one that is held up goes on as soon as the other waits for it. That a busy machine wakes it too late for once is
        // no matter.
        bool isAcquired = false;
        for (int attempt = 0; attempt < 5 && !isAcquired; attempt++)
        {
            using var slots = new ProcessSemaphore(5);
            using var inside = new ProcessEvent();
            using var goOn = new ProcessEvent();
            using var heldUp = WorkerProcess.Create(ReleaseHeldUp, slots, inside, goOn);
            using var trying = WorkerProcess.Create(TryWhileHeldUp, slots, inside, goOn);
            heldUp.Start();
            trying.Start();
            isAcquired = await trying.ResultAsync<bool>();
            goOn.Set();
            await heldUp.JoinAsync();
        }

        Assert.True(isAcquired);
    }

    private static void ReleaseHeldUp(ProcessSemaphore slots, ProcessEvent inside, ProcessEvent goOn)
    {
        CrashPoint.Arm("monitor.before-exit", () =>
        {
            inside.Set();
            _ = goOn.Wait();
        });
        slots.Release();
    }

    private static bool TryWhileHeldUp(ProcessSemaphore slots, ProcessEvent inside, ProcessEvent goOn)
    {
        _ = inside.Wait();
        CrashPoint.Arm("lock.marked", goOn.Set);
        return slots.Acquire(TimeSpan.Zero);
    }

    private static void AssertAvailable(ProcessSemaphore slots, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.True(slots.Acquire(TimeSpan.Zero));
        }

        Assert.False(slots.Acquire(TimeSpan.Zero));
        _ = slots.Release(count);
    }

    private static WorkerProcess StartTaker(ProcessSemaphore semaphore, int count)
    {
        using var taken = new ProcessEvent();
        var worker = WorkerProcess.Create(TakeAndHang, semaphore, count, taken);
        worker.Start();
        Assert.True(taken.Wait());
        return worker;
    }

    private static void TakeAndHang(ProcessSemaphore semaphore, int count, ProcessEvent taken)
    {
        for (int i = 0; i < count; i++)
        {
            _ = semaphore.Acquire();
        }

        taken.Set();
        _ = new ManualResetEvent(false).WaitOne();
    }

    private static void Release(ProcessSemaphore semaphore, int count) => semaphore.Release(count);

    private static void DieAcquiring(ProcessSemaphore slots, string place)
    {
        CrashPoint.Arm(place);
        _ = slots.Acquire();
    }

    private static void DieReleasing(ProcessSemaphore slots, ProcessEvent taken, ProcessEvent go, string place)
    {
        _ = slots.Acquire();
        taken.Set();
        _ = go.Wait();
        CrashPoint.Arm(place);
        slots.Release();
    }
}
