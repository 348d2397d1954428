using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Synchronization;

public sealed class ProcessRecursiveLockTests : LockContract<ProcessRecursiveLock, ProcessRecursiveLockTests.Kind>
{
    [Fact(Timeout = 60_000)]
    public void Can_be_taken_three_times_and_must_be_released_three_times()
    {
        using var mutex = new ProcessRecursiveLock();
        for (int i = 0; i < 3; i++)
        {
            Assert.True(mutex.Acquire(TimeSpan.Zero));
        }

        for (int i = 0; i < 3; i++)
        {
            Assert.False(IsAcquiredByAnotherThread(mutex));
            mutex.Release();
        }

        _ = Assert.Throws<SynchronizationLockException>(mutex.Release);
        Assert.True(IsAcquiredByAnotherThread(mutex));
    }

    [Fact(Timeout = 60_000)]
    public void Belongs_to_the_thread_after_a_blocking_acquire()
    {
        using var mutex = new ProcessRecursiveLock();
        Assert.True(mutex.Acquire());
        Assert.True(mutex.IsHeldByCaller);
        var other = new Thread(() =>
        {
            Assert.False(mutex.IsHeldByCaller);
            _ = Assert.Throws<SynchronizationLockException>(mutex.Release);
        });
        other.Start();
        other.Join();
        mutex.Release();
    }

    [Fact(Timeout = 60_000)]
    public async Task Belongs_to_the_flow_after_an_asynchronous_acquire()
    {
        using var mutex = new ProcessRecursiveLock();
        Assert.True(await mutex.AcquireAsync());
        await Task.Yield();
        Assert.True(await mutex.AcquireAsync(TimeSpan.Zero));
        await Task.Run(() => Assert.True(mutex.IsHeldByCaller));
        Task<LockResult> stranger;
        using (ExecutionContext.SuppressFlow())
        {
            stranger = Task.Run(() => mutex.Acquire(TimeSpan.Zero));
        }

        Assert.False(await stranger);

        await Nested(mutex);
        mutex.Release();
        await Task.Yield();
        Assert.True(mutex.IsHeldByCaller);
        mutex.Release();
        Assert.False(mutex.IsHeld);
    }

    [Fact(Timeout = 60_000)]
    public async Task Work_that_outlives_the_possession_it_was_started_in_is_no_owner_of_the_next()
    {
        using var mutex = new ProcessRecursiveLock();
        var released = new TaskCompletionSource();
        Assert.True(await mutex.AcquireAsync());
        Task<bool> child = Task.Run(async () =>
        {
            await released.Task;
            return mutex.IsHeldByCaller || await mutex.AcquireAsync(TimeSpan.Zero);
        });
        mutex.Release();
        Assert.True(await mutex.AcquireAsync());
        released.SetResult();
        Assert.False(await child);
        mutex.Release();
    }

    [Theory(Timeout = 60_000)]
    [InlineData("lock.taken")]
    [InlineData("recursive.counted")]
    [InlineData("recursive.owned")]
    [InlineData("recursive.uncounted")]
    [InlineData("recursive.disowned")]
    public async Task A_kill_between_any_two_stores_leaves_the_next_owner_nothing_of_the_last(string place)
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        using var mutex = new ProcessRecursiveLock();
        using var worker = WorkerProcess.Create(DieAcquiringOrReleasing, mutex, place);
        worker.Start();
        await worker.JoinAsync();
        Assert.NotEqual(0, worker.ExitCode);
        Assert.False(mutex.IsHeldByCaller);
        LockResult result = mutex.Acquire(TimeSpan.Zero);
        Assert.True(result.IsAbandoned);
        Assert.Equal(worker.ProcessId, result.Abandonment.ProcessId);
        Assert.True(mutex.Acquire(TimeSpan.Zero));
        mutex.Release();
        Assert.False(IsAcquiredByAnotherThread(mutex));
        mutex.Release();
        Assert.True(IsAcquiredByAnotherThread(mutex));
    }

    private static void DieAcquiringOrReleasing(ProcessRecursiveLock mutex, string place)
    {
        CrashPoint.Arm(place);
        using (mutex.Hold())
        {
        }
    }

    private static async Task Nested(ProcessRecursiveLock mutex)
    {
        await using (await mutex.HoldAsync(TimeSpan.Zero))
        {
            await Task.Yield();
            Assert.True(mutex.IsHeldByCaller);
        }
    }

    private static bool IsAcquiredByAnotherThread(ProcessRecursiveLock mutex)
    {
        bool isAcquired = false;
        var other = new Thread(() => isAcquired = mutex.Acquire(TimeSpan.Zero));
        other.Start();
        other.Join();
        return isAcquired;
    }

    public readonly struct Kind : ILockKind<ProcessRecursiveLock>
    {
        public static bool TellsAbandonment => true;

        public static ProcessRecursiveLock Create() => new();

        public static LockResult Acquire(ProcessRecursiveLock mutex, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
            mutex.Acquire(timeout, cancellationToken);

        public static ValueTask<LockResult> AcquireAsync(ProcessRecursiveLock mutex, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
            mutex.AcquireAsync(timeout, cancellationToken);

        public static LockHold Hold(ProcessRecursiveLock mutex, TimeSpan? timeout = null) => mutex.Hold(timeout);

        public static ValueTask<LockHold> HoldAsync(ProcessRecursiveLock mutex, TimeSpan? timeout = null) => mutex.HoldAsync(timeout);

        public static void Release(ProcessRecursiveLock mutex) => mutex.Release();
    }
}
