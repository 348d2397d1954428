using System.Runtime.InteropServices;
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
        await TormentAsync(index => WorkerProcess.Create(CountUnderLock, mutex, memory, index));

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
        await TormentAsync(_ => WorkerProcess.Create(AcquireAndRelease, slots));
        Assert.True(slots.Acquire());
        Assert.True(slots.Acquire());
        Assert.False(slots.Acquire(TimeSpan.Zero));
        Assert.Equal(0, slots.Release(2));
    }

    [Fact(Timeout = 600_000)]
    public async Task A_condition_whose_waiters_are_killed_swallows_no_notification()
    {
        using var condition = new ProcessCondition();
        using SharedMemory memory = SharedMemory.Create(4096);
        using var stop = new CancellationTokenSource();
        int produced = 0;
        Task producing = Task.Factory.StartNew(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using (condition.Hold())
                {
                    Items(memory)++;
                    produced++;
                    condition.Notify();
                }
            }
        }, TaskCreationOptions.LongRunning);
        await TormentAsync(_ => WorkerProcess.Create(Consume, condition, memory));
        await stop.CancelAsync();
        await producing;
        Assert.InRange(produced, 100, int.MaxValue);

        // One that lives must get all that is left, and be woken for each that comes.
        using var consumer = WorkerProcess.Create(Consume, condition, memory);
        consumer.Start();
        for (int i = 0; i < 100; i++)
        {
            await using (await condition.HoldAsync())
            {
                Items(memory)++;
                condition.Notify();
            }

            while (Volatile.Read(ref Items(memory)) > 0)
            {
                await Task.Yield();
            }
        }

        consumer.Kill();
    }

    [Fact(Timeout = 600_000)]
    public async Task Nobody_starves_at_a_contended_lock()
    {
        using var mutex = new ProcessLock();
        using SharedMemory memory = SharedMemory.Create(4096);
        using var go = new ProcessEvent();
        WorkerProcess[] workers = [.. Enumerable.Range(0, 4).Select(index => WorkerProcess.Create(CountForTurns, mutex, memory, index, go))];
        Array.ForEach(workers, worker => worker.Start());
        go.Set();
        await Task.WhenAll(workers.Select(worker => worker.JoinAsync()));
        Assert.All(workers, worker => Assert.Equal(0, worker.ExitCode));
        Accounts accounts = new(memory);
        accounts.AssertBalance();
        Assert.Equal(4 * Turns, accounts.Total);
        Array.ForEach(workers, worker => worker.Dispose());
    }

    private const int Turns = 20_000;

    private static async Task TormentAsync(Func<int, WorkerProcess> create)
    {
        var torment = new Torment(Workers, create);
        await torment.RunAsync();
        await torment.KillAllAsync();
    }

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

    private static void CountForTurns(ProcessLock mutex, SharedMemory memory, int index, ProcessEvent go)
    {
        _ = go.Wait();
        Accounts accounts = new(memory);
        for (int turn = 0; turn < Turns; turn++)
        {
            using (mutex.Hold())
            {
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

    private static void Consume(ProcessCondition condition, SharedMemory memory)
    {
        while (true)
        {
            using (condition.Hold())
            {
                _ = condition.WaitFor(() => Items(memory) > 0);
                Items(memory)--;
            }
        }
    }

    private static ref int Items(SharedMemory memory) => ref MemoryMarshal.AsRef<int>(memory.Span);

    /// <summary>A sum that is changed in several steps: one count per worker, and two totals that must agree with them.</summary>
    private sealed class Accounts(SharedMemory memory)
    {
        private readonly int _workers = 4;

        public long Total => Cell(_workers);

        private long Sum => Enumerable.Range(0, _workers).Sum(index => Cell(index));

        public void Count(int index)
        {
            Cell(index)++;
            Cell(_workers)++;
            Cell(_workers + 1)++;
        }

        public void Mend() => Cell(_workers) = Cell(_workers + 1) = Sum;

        public void AssertBalance()
        {
            if (Cell(_workers) != Sum || Cell(_workers + 1) != Sum)
            {
                throw new InvalidDataException($"The totals are {Cell(_workers)} and {Cell(_workers + 1)}, the sum is {Sum}: two were inside at once.");
            }
        }

        private ref long Cell(int index) => ref MemoryMarshal.Cast<byte, long>(memory.Span)[index];
    }
}
