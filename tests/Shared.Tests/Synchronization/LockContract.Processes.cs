using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <content>What every kind of lock promises between processes, some of which are killed or stopped.</content>
public abstract partial class LockContract<T, TKind>
{
    [Fact(Timeout = 60_000)]
    public async Task Excludes_other_processes()
    {
        using T mutex = TKind.Create();
        using var held = new ProcessEvent();
        using var release = new ProcessEvent();
        using var worker = WorkerProcess.Create(HoldUntil, mutex, held, release);
        worker.Start();
        Assert.True(held.Wait());
        Assert.False(TKind.Acquire(mutex, TimeSpan.Zero));
        Assert.False(TKind.Acquire(mutex, s_moment));
        ValueTask<LockResult> waiting = TKind.AcquireAsync(mutex);
        release.Set();
        Assert.False((await waiting).IsAbandoned);
        TKind.Release(mutex);
        await worker.JoinAsync();
        Assert.Equal(0, worker.ExitCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_waiter_that_is_already_blocked_gets_it_when_the_holder_is_killed(bool isAsync)
    {
        using T mutex = TKind.Create();
        using WorkerProcess holder = StartHolder(mutex);
        Task<LockResult> waiting = OnAnotherThread(() => isAsync ? TKind.AcquireAsync(mutex).AsTask() : Task.FromResult(TKind.Acquire(mutex))).Unwrap();
        await Task.Delay(s_moment);
        Assert.False(waiting.IsCompleted);
        holder.Kill();
        AssertAbandoned(await waiting, holder);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_comes_after_the_holder_was_killed_gets_it()
    {
        using T mutex = TKind.Create();
        using WorkerProcess holder = StartHolder(mutex);
        holder.Kill();
        await holder.JoinAsync();
        Assert.True(mutex.IsReady || !TKind.TellsAbandonment);
        AssertAbandoned(TKind.Acquire(mutex, TimeSpan.Zero), holder);
        TKind.Release(mutex);
        Assert.False(TKind.Acquire(mutex, TimeSpan.Zero).IsAbandoned);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_waiter_in_a_third_process_gets_it_when_the_holder_is_killed()
    {
        using T mutex = TKind.Create();
        using WorkerProcess holder = StartHolder(mutex);
        using var held = new ProcessEvent();
        using var release = new ProcessEvent();
        using var third = WorkerProcess.Create(HoldUntil, mutex, held, release);
        third.Start();
        Assert.False(held.Wait(TimeSpan.FromMilliseconds(500)));
        holder.Kill();
        Assert.True(held.Wait());
        release.Set();
        await third.JoinAsync();
        Assert.True(TKind.Acquire(mutex));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_waiter_that_is_killed_does_not_keep_it_from_the_others()
    {
        using T mutex = TKind.Create();
        await using (await TKind.HoldAsync(mutex))
        {
            using var started = new ProcessEvent();
            using var waiter = WorkerProcess.Create(SignalAndHold, mutex, started);
            waiter.Start();
            Assert.True(started.Wait());
            await Task.Delay(s_moment);
            waiter.Kill();
            await waiter.JoinAsync();
        }

        for (int i = 0; i < 3; i++)
        {
            await using (await TKind.HoldAsync(mutex))
            {
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_holder_that_is_stopped_keeps_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows cannot stop processes.");
        using T mutex = TKind.Create();
        using var held = new ProcessEvent();
        using var release = new ProcessEvent();
        using var holder = WorkerProcess.Create(HoldUntil, mutex, held, release);
        holder.Start();
        Assert.True(held.Wait());
        Signals.Stop(holder.ProcessId!.Value);
        Task<LockResult> waiting = OnAnotherThread(() => TKind.Acquire(mutex));
        Assert.False(await OnAnotherThread(() => TKind.Acquire(mutex, TimeSpan.FromSeconds(10))));
        Assert.False(waiting.IsCompleted);
        release.Set();
        Signals.Continue(holder.ProcessId!.Value);
        Assert.False((await waiting).IsAbandoned);
        await holder.JoinAsync();
        Assert.Equal(0, holder.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Is_the_same_lock_in_a_grandchild()
    {
        using T mutex = TKind.Create();
        using var child = WorkerProcess.Create(TryInChild, mutex);
        await using (await TKind.HoldAsync(mutex))
        {
            child.Start();
            Assert.False(await child.ResultAsync<bool>());
        }
    }

    protected static WorkerProcess StartHolder(T mutex)
    {
        using var held = new ProcessEvent();
        var holder = WorkerProcess.Create(HoldForEver, mutex, held);
        holder.Start();
        Assert.True(held.Wait());
        return holder;
    }

    private static void AssertAbandoned(LockResult result, WorkerProcess holder)
    {
        Assert.True(result);
        Assert.Equal(TKind.TellsAbandonment, result.IsAbandoned);
        if (result.IsAbandoned)
        {
            Assert.Equal(holder.ProcessId, result.Abandonment.ProcessId);
            Assert.True(result.Abandonment.ExitCode is null or -9 || OperatingSystem.IsWindows(), result.Abandonment.ToString());
        }
    }

    private static void HoldUntil(T mutex, ProcessEvent held, ProcessEvent release)
    {
        using (TKind.Hold(mutex))
        {
            held.Set();
            _ = release.Wait();
        }
    }

    private static void HoldForEver(T mutex, ProcessEvent held)
    {
        _ = TKind.Acquire(mutex);
        held.Set();
        new ManualResetEvent(false).WaitOne();
    }

    private static void SignalAndHold(T mutex, ProcessEvent started)
    {
        started.Set();
        HoldForEver(mutex, started);
    }

    private static bool TryInChild(T mutex)
    {
        using var child = WorkerProcess.Create(TryHere, mutex);
        child.Start();
        return child.ResultAsync<bool>().Result;
    }

    private static bool TryHere(T mutex) => TKind.Acquire(mutex, TimeSpan.Zero);
}
