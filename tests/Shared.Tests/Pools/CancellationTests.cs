using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class CancellationTests
{
    // Whoever is asked to end has all the time that it may need where others want the processors, too.
    private static readonly ProcessPoolOptions s_patient = new() { WorkerCount = 1, CancellationGrace = TimeSpan.FromSeconds(50) };

    [Fact(Timeout = 60_000)]
    public async Task A_running_task_that_takes_a_token_is_asked_and_its_worker_lives_on()
    {
        await using var pool = new ProcessPool(s_patient);
        using var started = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        int process = await pool.Submit(PoolTasks.ProcessId);
        Task<int> task = pool.Submit(PoolTasks.UntilCancelled, started, cancellationToken: cancel.Token);
        await started.WaitAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_whose_worker_gets_no_thread_to_hear_of_its_cancellation_fails_and_the_next_one_can_be_cancelled()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");
        await using var pool = new ProcessPool(s_patient);
        using var started = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        await pool.Submit(RefuseNextThread);
        RemoteException refusal = await Assert.ThrowsAsync<RemoteException>(
            () => pool.Submit(PoolTasks.UntilCancelled, started, cancellationToken: cancel.Token));
        Assert.Equal(typeof(OutOfMemoryException).FullName, refusal.Error.TypeName);
        Task<int> task = pool.Submit(PoolTasks.UntilCancelled, started, cancellationToken: cancel.Token);
        await started.WaitAsync();

        await cancel.CancelAsync();

        // Within the pool's patience of 50 seconds; a worker that does not hear of it is killed then, and the test takes too long.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_running_task_that_does_not_listen_is_killed_with_its_worker_only()
    {
        await using var pool = new ProcessPool(
            new ProcessPoolOptions { WorkerCount = 2, CancellationGrace = TimeSpan.FromMilliseconds(100) });
        using var gate = new ProcessEvent();
        using var started = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        Task<int> other = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int> task = pool.Submit(PoolTasks.IgnoringCancellation, started, cancellationToken: cancel.Token);
        await started.WaitAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        gate.Set();
        await other;
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_waits_is_cancelled_at_once_and_never_runs()
    {
        await using var pool = new ProcessPool(1);
        using var gate = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        Task<int> first = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int> second = pool.Submit(PoolTasks.KillSelf, cancellationToken: cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.Set();
        Assert.Equal(await first, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_was_sent_ahead_can_be_cancelled_too()
    {
        await using var pool = new ProcessPool(1);
        using var gate = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(number => pool.Submit(PoolTasks.Double, number)));
        Task<int> first = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int>[] ahead = [.. Enumerable.Range(0, 20).Select(_ => pool.Submit(PoolTasks.KillSelf, cancellationToken: cancel.Token))];

        await cancel.CancelAsync();

        foreach (Task<int> task in ahead)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        }

        gate.Set();
        Assert.Equal(await first, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_task_that_returns_all_the_same_has_its_result()
    {
        await using var pool = new ProcessPool(s_patient);
        using var started = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        Task<int> task = pool.Submit(PoolTasks.ReturnWhenCancelled, started, cancellationToken: cancel.Token);
        await started.WaitAsync();

        await cancel.CancelAsync();

        Assert.Equal(42, await task);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_task_that_ends_with_another_exception_fails_with_it()
    {
        await using var pool = new ProcessPool(s_patient);
        using var started = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        Task<int> task = pool.Submit(PoolTasks.FailWhenCancelled, started, cancellationToken: cancel.Token);
        await started.WaitAsync();

        await cancel.CancelAsync();

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => task);
        Assert.Equal("cannot clean up", error.Error.Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_throws_a_cancellation_of_its_own_has_failed()
    {
        await using var pool = new ProcessPool(1);
        using var cancel = new CancellationTokenSource();
        Task<int> task = pool.Submit(CancelItself, cancellationToken: cancel.Token);

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => task);

        Assert.Equal(typeof(OperationCanceledException).FullName, error.Error.TypeName);
        Assert.False(task.IsCanceled);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_task_registered_with_its_token_may_throw()
    {
        await using var pool = new ProcessPool(s_patient);
        using var started = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        int process = await pool.Submit(PoolTasks.ProcessId);
        Task<int> task = pool.Submit(UntilCancelledWithThrower, started, cancellationToken: cancel.Token);
        await started.WaitAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    private static int UntilCancelledWithThrower(ProcessEvent started, CancellationToken cancellationToken)
    {
        _ = cancellationToken.Register(static () => throw new InvalidOperationException("cannot be told"));
        return PoolTasks.UntilCancelled(started, cancellationToken);
    }

    private static int CancelItself() => throw new OperationCanceledException("of its own");

    private static void RefuseNextThread() => CrashPoint.Arm("cancellations.thread", static () => GC.KeepAlive(new byte[int.MaxValue]));
}
