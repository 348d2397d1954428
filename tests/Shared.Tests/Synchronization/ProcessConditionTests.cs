using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Synchronization;

public sealed class ProcessConditionTests
{
    [Fact(Timeout = 60_000)]
    public void Needs_its_lock_for_everything()
    {
        using var condition = new ProcessCondition();
        _ = Assert.Throws<SynchronizationLockException>(() => condition.Wait());
        _ = Assert.Throws<SynchronizationLockException>(() => condition.Notify());
        _ = Assert.Throws<SynchronizationLockException>(condition.NotifyAll);
        _ = Assert.Throws<SynchronizationLockException>(() => condition.WaitFor(() => true));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wait_ends_after_its_time_with_the_lock_held()
    {
        using var mutex = new ProcessLock();
        using var condition = new ProcessCondition(mutex);
        using (condition.Hold())
        {
            Assert.False(condition.Wait(TimeSpan.Zero));
            Assert.False(condition.Wait(TimeSpan.FromMilliseconds(50)));
            Assert.False(await condition.WaitAsync(TimeSpan.FromMilliseconds(50)));
            Assert.False(condition.WaitFor(() => false, TimeSpan.FromMilliseconds(50)));
            Assert.True(mutex.IsHeldByThisProcess);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_wait_comes_back_with_the_lock_held()
    {
        using var condition = new ProcessCondition(new ProcessLock());
        await using (await condition.HoldAsync())
        {
            using var stop = new CancellationTokenSource(50);
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => condition.WaitAsync(null, stop.Token).AsTask());
            condition.NotifyAll();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wait_gives_a_recursive_lock_up_completely_and_takes_it_back_as_deep()
    {
        using var mutex = new ProcessRecursiveLock();
        using var condition = new ProcessCondition(mutex);
        Assert.True(await mutex.AcquireAsync());
        Assert.True(await mutex.AcquireAsync());
        ValueTask<bool> wait = condition.WaitAsync();
        Task notify;
        using (ExecutionContext.SuppressFlow())
        {
            notify = Task.Run(() =>
            {
                using (condition.Hold())
                {
                    condition.Notify();
                }
            });
        }

        Assert.True(await wait);
        await notify;
        mutex.Release();
        Assert.True(mutex.IsHeldByCaller);
        mutex.Release();
        Assert.False(mutex.IsHeld);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_awaited_wait_makes_the_flow_the_owner_of_what_a_thread_had_acquired()
    {
        using var condition = new ProcessCondition();
        Assert.True(condition.Acquire());
        Assert.False(await condition.WaitForAsync(() => false, TimeSpan.FromMilliseconds(20)));
        await Task.Yield();
        condition.Release();
    }

    [Fact(Timeout = 60_000)]
    public async Task Notifies_as_many_as_asked_the_longest_waiting_first()
    {
        using var condition = new ProcessCondition(new ProcessLock());
        List<int> woken = [];
        List<Task> waits = [];
        for (int i = 0; i < 6; i++)
        {
            int number = i;
            waits.Add(Wait(condition, () => woken.Add(number)));
        }

        foreach ((int count, int expected) in new[] { (1, 1), (2, 3), (0, 3), (100, 6), (1, 6) })
        {
            await using (await condition.HoldAsync())
            {
                condition.Notify(count);
            }

            await Task.WhenAll(waits.Take(expected));
            await using (await condition.HoldAsync())
            {
                Assert.Equal(Enumerable.Range(0, expected), woken.Order());
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Notifying_all_wakes_processes_and_threads()
    {
        using var condition = new ProcessCondition();
        using var sleeping = new ProcessSemaphore(0);
        WorkerProcess[] workers = [.. Enumerable.Range(0, 3).Select(_ => WorkerProcess.Create(SignalAndWait, condition, sleeping))];
        Array.ForEach(workers, worker => worker.Start());
        Task[] threads = [.. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
            () => SignalAndWait(condition, sleeping), TaskCreationOptions.LongRunning))];
        for (int i = 0; i < 6; i++)
        {
            _ = sleeping.Acquire();
        }

        using (condition.Hold())
        {
            condition.NotifyAll();
        }

        await Task.WhenAll(threads);
        await Task.WhenAll(workers.Select(worker => worker.JoinAsync()));
        Assert.All(workers, worker => Assert.Equal(0, worker.ExitCode));
        Array.ForEach(workers, worker => worker.Dispose());
    }

    [Fact(Timeout = 60_000)]
    public async Task Waits_for_a_predicate_over_what_another_process_changes()
    {
        using var condition = new ProcessCondition();
        using var count = new ProcessSemaphore(0);
        using var worker = WorkerProcess.Create(CountToFour, condition, count);
        worker.Start();
        await using (await condition.HoldAsync())
        {
            Assert.True(await condition.WaitForAsync(() => count.CurrentCount == 4));
        }

        await worker.JoinAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_killed_waiter_neither_blocks_nor_swallows_a_notification()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows cannot stop processes.");
        using var condition = new ProcessCondition(new ProcessLock());
        using var sleeping = new ProcessSemaphore(0);
        using var victim = WorkerProcess.Create(SignalAndWait, condition, sleeping);
        victim.Start();
        _ = sleeping.Acquire();
        await using (await condition.HoldAsync())
        {
            // The victim waits by now: it released its semaphore under the lock.
        }

        Task second = Wait(condition, () => { });
        Signals.Stop(victim.ProcessId!.Value);
        await using (await condition.HoldAsync())
        {
            condition.Notify();
        }

        // The notification is the victim's, which cannot act on it.
        Assert.NotEqual(second, await Task.WhenAny(second, Task.Delay(200)));
        victim.Kill();
        await second;
    }

    [Fact(Timeout = 60_000)]
    public async Task A_notification_with_only_dead_waiters_is_not_kept_for_later_ones()
    {
        using var condition = new ProcessCondition(new ProcessLock());
        using var sleeping = new ProcessSemaphore(0);
        using var victim = WorkerProcess.Create(SignalAndWait, condition, sleeping);
        victim.Start();
        _ = sleeping.Acquire();
        await using (await condition.HoldAsync())
        {
        }

        victim.Kill();
        await victim.JoinAsync();
        await using (await condition.HoldAsync())
        {
            condition.Notify();
            Assert.False(await condition.WaitAsync(TimeSpan.FromMilliseconds(200)));
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("condition.before-enlisted")]
    [InlineData("condition.before-struck")]
    [InlineData("lock.before-free")]
    [InlineData("lock.before-wake")]
    public async Task A_kill_in_the_middle_of_waiting_leaves_the_condition_usable(string place)
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        using var condition = new ProcessCondition(new ProcessLock());
        using var started = new ProcessEvent();
        using var worker = WorkerProcess.Create(DieWaiting, condition, place);
        worker.Start();
        Task<bool> wait = WaitFlow(condition);
        while (!wait.IsCompleted)
        {
            await using (await condition.HoldAsync())
            {
                condition.NotifyAll();
            }

            await Task.Delay(5);
        }

        Assert.True(await wait);
        await worker.JoinAsync();
        Assert.NotEqual(0, worker.ExitCode);
        await using (await condition.HoldAsync())
        {
            condition.NotifyAll();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_notification_of_a_dead_waiter_survives_the_one_that_is_killed_while_passing_it_on()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn && !OperatingSystem.IsWindows(), "This build has no crash points, or Windows cannot stop processes.");
        using var condition = new ProcessCondition(new ProcessLock());
        using var sleeping = new ProcessSemaphore(0);
        using var victim = WorkerProcess.Create(SignalAndWait, condition, sleeping);
        victim.Start();
        _ = sleeping.Acquire();
        using var holding = new ProcessEvent();
        using var isDead = new ProcessEvent();
        using var passer = WorkerProcess.Create(DiePassingOn, condition, holding, isDead);
        await using (await condition.HoldAsync())
        {
            Signals.Stop(victim.ProcessId!.Value);
            condition.Notify();
        }

        Task second = Wait(condition, () => { });
        passer.Start();
        Assert.True(holding.Wait());
        victim.Kill();
        await victim.JoinAsync();
        isDead.Set();
        await passer.JoinAsync();
        Assert.NotEqual(0, passer.ExitCode);
        await second;
    }

    private static void DiePassingOn(ProcessCondition condition, ProcessEvent holding, ProcessEvent isDead)
    {
        using (condition.Hold())
        {
            // Whoever else learns of the death waits for the lock meanwhile.
            holding.Set();
            _ = isDead.Wait();
            CrashPoint.Arm("condition.passing-on");
            _ = condition.Wait();
        }
    }

    private static async Task Wait(ProcessCondition condition, Action then)
    {
        await using (await condition.HoldAsync())
        {
            Assert.True(await condition.WaitAsync());
            then();
        }
    }

    private static async Task<bool> WaitFlow(ProcessCondition condition)
    {
        await using (await condition.HoldAsync())
        {
            return await condition.WaitAsync();
        }
    }

    private static void SignalAndWait(ProcessCondition condition, ProcessSemaphore sleeping)
    {
        using (condition.Hold())
        {
            sleeping.Release();
            _ = condition.Wait();
        }
    }

    private static void CountToFour(ProcessCondition condition, ProcessSemaphore count)
    {
        for (int i = 0; i < 4; i++)
        {
            using (condition.Hold())
            {
                count.Release();
                condition.Notify();
            }
        }
    }

    private static void DieWaiting(ProcessCondition condition, string place)
    {
        CrashPoint.Arm(place);
        using (condition.Hold())
        {
            _ = condition.Wait(TimeSpan.FromMilliseconds(20));
        }

        // A place that only contention leads to may not have been reached.
        System.Diagnostics.Process.GetCurrentProcess().Kill();
    }
}
