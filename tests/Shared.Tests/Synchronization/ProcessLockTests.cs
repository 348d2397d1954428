using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Synchronization;

public sealed class ProcessLockTests : LockContract<ProcessLock, ProcessLockTests.Kind>
{
    [Fact(Timeout = 60_000)]
    public async Task Is_not_reentrant()
    {
        using var mutex = new ProcessLock();
        Assert.True(mutex.Acquire());
        Assert.False(mutex.Acquire(TimeSpan.Zero));
        Assert.False(await mutex.AcquireAsync(TimeSpan.FromMilliseconds(1)));
        mutex.Release();
        Assert.True(mutex.Acquire(TimeSpan.Zero));
    }

    [Fact(Timeout = 60_000)]
    public async Task Can_be_released_by_another_thread_of_the_process()
    {
        using var mutex = new ProcessLock();
        Assert.True(mutex.Acquire());
        await Task.Run(mutex.Release);
        Assert.False(mutex.IsHeld);
    }

    [Fact(Timeout = 60_000)]
    public void Says_who_holds_it()
    {
        using var mutex = new ProcessLock();
        Assert.False(mutex.IsHeldByThisProcess);
        Assert.Equal("ProcessLock (holder: none)", mutex.ToString());
        using (mutex.Hold())
        {
            Assert.True(mutex.IsHeldByThisProcess);
            Assert.Equal($"ProcessLock (holder: process {Environment.ProcessId})", mutex.ToString());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Remembers_who_last_died_holding_it()
    {
        using var mutex = new ProcessLock();
        Assert.Null(mutex.LastAbandonment);
        using WorkerProcess holder = StartHolder(mutex);
        holder.Kill();
        LockResult result = await mutex.AcquireAsync();
        Assert.Equal(result.Abandonment, mutex.LastAbandonment);
        mutex.Release();
        Assert.Equal(holder.ProcessId, mutex.LastAbandonment!.ProcessId);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("lock.taken")]
    [InlineData("lock.before-free")]
    [InlineData("lock.before-wake")]
    [InlineData("lock.marked")]
    [InlineData("lock.woken")]
    [InlineData("lock.taken-over")]
    public async Task A_kill_between_any_two_steps_leaves_nobody_waiting(string place)
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        using var mutex = new ProcessLock();
        using var worker = WorkerProcess.Create(AcquireAndReleaseUntilDead, mutex, place);
        if (place == "lock.taken-over")
        {
            using WorkerProcess holder = StartHolder(mutex);
            worker.Start();
            holder.Kill();
            await worker.JoinAsync();
        }
        else
        {
            worker.Start();
            await Task.WhenAll(Contend(mutex, worker), Contend(mutex, worker), worker.JoinAsync());
        }

        Assert.NotEqual(0, worker.ExitCode);
        Assert.True(mutex.Acquire());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_release_beside_another_of_the_same_process_does_not_take_it_from_the_one_that_has_it_by_then()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        using var mutex = new ProcessLock();
        using var freed = new ProcessEvent();
        using var taken = new ProcessEvent();
        using var worker = WorkerProcess.Create(IsReleaseBesideAnotherRefused, mutex, freed, taken);
        worker.Start();
        Assert.True(await freed.WaitAsync());
        Assert.True(mutex.Acquire());
        taken.Set();
        Assert.True(await worker.ResultAsync<bool>());
        Assert.True(mutex.IsHeldByThisProcess);
        mutex.Release();
    }

    private static bool IsReleaseBesideAnotherRefused(ProcessLock mutex, ProcessEvent freed, ProcessEvent taken)
    {
        _ = mutex.Acquire();
        CrashPoint.Arm("lock.before-free", () =>
        {
            mutex.Release();
            freed.Set();
            _ = taken.Wait();
        });
        try
        {
            mutex.Release();
            return false;
        }
        catch (SynchronizationLockException)
        {
            return true;
        }
    }

    private static Task Contend(ProcessLock mutex, WorkerProcess worker) => Task.Factory.StartNew(
        () =>
        {
            while (!worker.Sentinel.IsCompleted)
            {
                using (mutex.Hold())
                {
                    Thread.SpinWait(100_000);
                }
            }
        },
        TaskCreationOptions.LongRunning);

    private static void AcquireAndReleaseUntilDead(ProcessLock mutex, string place)
    {
        CrashPoint.Arm(place);
        while (true)
        {
            using (mutex.Hold())
            {
                Thread.SpinWait(100_000);
            }
        }
    }

    public readonly struct Kind : ILockKind<ProcessLock>
    {
        public static bool TellsAbandonment => true;

        public static ProcessLock Create() => new();

        public static LockResult Acquire(ProcessLock mutex, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
            mutex.Acquire(timeout, cancellationToken);

        public static ValueTask<LockResult> AcquireAsync(ProcessLock mutex, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
            mutex.AcquireAsync(timeout, cancellationToken);

        public static LockHold Hold(ProcessLock mutex, TimeSpan? timeout = null) => mutex.Hold(timeout);

        public static ValueTask<LockHold> HoldAsync(ProcessLock mutex, TimeSpan? timeout = null) => mutex.HoldAsync(timeout);

        public static void Release(ProcessLock mutex) => mutex.Release();
    }
}
