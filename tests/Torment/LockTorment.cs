using System.Globalization;
using System.Runtime.InteropServices;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>Locks of all kinds whose holders and waiters are killed or stopped again and again; what they guard must balance.</summary>
internal static class LockTorment
{
    private const int Workers = 4;
    private const int Slots = 2;

    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <param name="duration">How long it lasts; a few seconds if not given.</param>
    /// <returns>What came of it, in one sentence.</returns>
    public static async Task<string> RunLockAsync(TimeSpan? duration = null)
    {
        using var mutex = new ProcessLock();
        using SharedMemory memory = SharedMemory.Create(4096);
        int killed = await TormentAsync(index => WorkerProcess.Create(CountUnderLockAsync, mutex, memory, index), () => new Accounts(memory).Total, duration);
        return Balance(mutex.Acquire(s_patience), memory, killed);
    }

    /// <inheritdoc cref="RunLockAsync"/>
    public static async Task<string> RunRecursiveLockAsync(TimeSpan? duration = null)
    {
        using var mutex = new ProcessRecursiveLock();
        using SharedMemory memory = SharedMemory.Create(4096);
        int killed = await TormentAsync(index => WorkerProcess.Create(CountUnderTwo, mutex, memory, index), () => new Accounts(memory).Total, duration);
        return Balance(mutex.Acquire(s_patience), memory, killed);
    }

    /// <inheritdoc cref="RunLockAsync"/>
    public static async Task<string> RunSemaphoreAsync(TimeSpan? duration = null)
    {
        using var slots = new ProcessSemaphore(Slots, Slots);
        using SharedMemory memory = SharedMemory.Create(4096);
        int killed = await TormentAsync(_ => WorkerProcess.Create(PassAsync, slots, memory), () => Volatile.Read(ref Passed(memory)), duration);
        for (int slot = 0; slot < Slots; slot++)
        {
            Torment.Require(slots.Acquire(s_patience), $"Dead processes have kept {Slots - slot} counts.");
        }

        Torment.Require(!slots.Acquire(TimeSpan.Zero), "There are more counts than there were.");
        return string.Create(CultureInfo.InvariantCulture, $"passed {Passed(memory)} times, {killed} killed");
    }

    private static async Task<int> TormentAsync(Func<int, WorkerProcess> create, Func<long> progress, TimeSpan? duration)
    {
        var torment = new Torment(Workers, create, duration);
        await torment.RunAsync(progress);
        await torment.KillAllAsync();
        return torment.AllKills;
    }

    private static string Balance(LockResult last, SharedMemory memory, int killed)
    {
        Torment.Require(last, "A dead process has kept the lock.");
        var accounts = new Accounts(memory);
        if (last.IsAbandoned)
        {
            accounts.Mend();
        }

        accounts.AssertBalance();
        return string.Create(CultureInfo.InvariantCulture, $"held {accounts.Total} times, {killed} killed");
    }

    private static async Task CountUnderLockAsync(ProcessLock mutex, SharedMemory memory, int index)
    {
        while (true)
        {
            LockResult taken = await AcquireSomehowAsync(mutex);
            if (taken)
            {
                Count(taken, memory, index);
                mutex.Release();
            }
        }
    }

    private static async ValueTask<LockResult> AcquireSomehowAsync(ProcessLock mutex)
    {
        int kind = Random.Shared.Next(4);
        using var cancellation = new CancellationTokenSource(kind == 3 ? s_moment : Timeout.InfiniteTimeSpan);
        try
        {
            return kind switch
            {
                0 => mutex.Acquire(),
                1 => await mutex.AcquireAsync(),
                2 => mutex.Acquire(s_moment),
                _ => await mutex.AcquireAsync(cancellationToken: cancellation.Token),
            };
        }
        catch (OperationCanceledException)
        {
            return default;
        }
    }

    private static void CountUnderTwo(ProcessRecursiveLock mutex, SharedMemory memory, int index)
    {
        while (true)
        {
            LockResult taken = mutex.Acquire();
            Torment.Require(mutex.Acquire(), "A lock that is held cannot be acquired again.");
            Count(taken, memory, index);
            mutex.Release();
            Torment.Require(mutex.IsHeldByCaller, "A lock that was acquired twice is free after one release.");
            mutex.Release();
        }
    }

    private static async Task PassAsync(ProcessSemaphore slots, SharedMemory memory)
    {
        while (true)
        {
            LockHold hold = Random.Shared.Next(2) == 0 ? slots.Hold() : await slots.HoldAsync();
            using (hold)
            {
                _ = Interlocked.Increment(ref Passed(memory));
            }
        }
    }

    private static void Count(LockResult taken, SharedMemory memory, int index)
    {
        var accounts = new Accounts(memory);
        if (taken.IsAbandoned)
        {
            accounts.Mend();
        }

        accounts.AssertBalance();
        accounts.Count(index);
    }

    private static ref long Passed(SharedMemory memory) => ref MemoryMarshal.AsRef<long>(memory.Span);
}
