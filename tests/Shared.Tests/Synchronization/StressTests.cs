using System.Diagnostics;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>Tormented workers that compete, and accounts that must balance at the end.</summary>
public sealed class StressTests
{
    private const int Workers = 3;

    [Fact(Timeout = 600_000)]
    public async Task A_lock_whose_holders_are_killed_and_stopped_never_lets_two_in_and_tells_of_every_death_that_matters()
    {
        using var mutex = new ProcessLock();
        using SharedMemory memory = SharedMemory.Create(4096);
        var torment = new Torment(Workers, index => WorkerProcess.Create(CountUnderLock, mutex, memory, index));
        await torment.RunAsync(() => new Accounts(memory).Total);
        await torment.KillAllAsync();

        LockResult last = mutex.Acquire();
        Assert.True(last);
        Accounts accounts = new(memory);
        if (last.IsAbandoned)
        {
            accounts.Mend();
        }

        accounts.AssertBalance();
        Assert.InRange(accounts.Total, 1000, long.MaxValue);
        mutex.Release();
    }

    [Fact(Timeout = 600_000)]
    public async Task A_semaphore_whose_holders_are_killed_keeps_all_its_counts()
    {
        using var slots = new ProcessSemaphore(2, 2);
        var torment = new Torment(Workers, _ => WorkerProcess.Create(AcquireAndRelease, slots));
        await torment.RunAsync();
        await torment.KillAllAsync();
        Assert.True(slots.Acquire());
        Assert.True(slots.Acquire());
        Assert.False(slots.Acquire(TimeSpan.Zero));
        Assert.Equal(0, slots.Release(2));
    }

    [Fact(Timeout = 600_000)]
    public async Task A_recursive_lock_whose_holders_are_killed_and_stopped_never_lets_two_in_and_is_held_as_often_as_it_was_acquired() =>
        TestContext.Current.TestOutputHelper?.WriteLine(await LockTorment.RunRecursiveLockAsync());

    [Fact(Timeout = 600_000)]
    public async Task Nobody_starves_at_a_contended_lock()
    {
        // For a time, not for a number of turns each: so nobody gets what it was kept from when the others have left.
        using var mutex = new ProcessLock();
        using SharedMemory memory = SharedMemory.Create(4096);
        using var ready = new ProcessSemaphore(0);
        using var go = new ProcessEvent();
        using var stop = new ProcessEvent();
        WorkerProcess[] workers =
            [.. Enumerable.Range(0, 4).Select(index => WorkerProcess.Create(CountUntilStopped, mutex, memory, index, ready, go, stop))];
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, _ => ready.Acquire());
        go.Set();
        await Task.Delay(s_contention);
        stop.Set();
        await Task.WhenAll(workers.Select(worker => worker.JoinAsync()));
        Assert.All(workers, worker => Assert.Equal(0, worker.ExitCode));
        Array.ForEach(workers, worker => worker.Dispose());

        Accounts accounts = new(memory);
        accounts.AssertBalance();
        for (int index = 0; index < workers.Length; index++)
        {
            double share = (double)accounts.Turns(index) / accounts.Total;
            TimeSpan longest = accounts.LongestWait(index);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"Worker {index}: {accounts.Turns(index)} of {accounts.Total} turns, {share:P1}; longest wait {longest.TotalMilliseconds:F1} ms");
            Assert.True(share >= 0.02, $"Worker {index} of 4 had {share:P1} of the turns.");
            Assert.True(longest < s_contention / 2, $"Worker {index} waited {longest} of {s_contention} for a single turn.");
        }
    }

    private static readonly TimeSpan s_contention = TimeSpan.FromSeconds(5);

    private static void CountUnderLock(ProcessLock mutex, SharedMemory memory, int index)
    {
        Accounts accounts = new(memory);
        while (true)
        {
            using LockHold hold = mutex.Hold();
            if (hold.Abandonment is not null)
            {
                accounts.Mend();
            }

            accounts.AssertBalance();
            accounts.Count(index);
        }
    }

    private static void CountUntilStopped(
        ProcessLock mutex, SharedMemory memory, int index, ProcessSemaphore ready, ProcessEvent go, ProcessEvent stop)
    {
        Accounts accounts = new(memory);
        ready.Release();
        _ = go.Wait();
        while (!stop.IsSet)
        {
            long start = Stopwatch.GetTimestamp();
            using (mutex.Hold())
            {
                accounts.NoteWait(index, Stopwatch.GetElapsedTime(start));
                accounts.Count(index);
            }
        }
    }

    private static void AcquireAndRelease(ProcessSemaphore slots)
    {
        while (true)
        {
            using (slots.Hold())
            {
                Thread.SpinWait(20);
            }
        }
    }
}
