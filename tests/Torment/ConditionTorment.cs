using System.Globalization;
using System.Runtime.InteropServices;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>
/// Tormented consumers that wait on a condition for what one that is spared produces; and at the end one that lives, which must be
/// woken for each item that comes.
/// </summary>
internal static class ConditionTorment
{
    private const int Workers = 3;
    private const int LastItems = 100;

    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(60);

    /// <param name="duration">How long it lasts; a few seconds if not given.</param>
    /// <returns>What came of it, in one sentence.</returns>
    public static async Task<string> RunAsync(TimeSpan? duration = null)
    {
        using var condition = new ProcessCondition();
        using SharedMemory memory = SharedMemory.Create(4096);
        using var stop = new CancellationTokenSource();
        long produced = 0;
        Task producing = Task.Factory.StartNew(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using (condition.Hold())
                {
                    Left(memory)++;
                    produced++;
                    condition.Notify();
                }
            }
        }, TaskCreationOptions.LongRunning);
        var torment = new Torment(Workers, _ => WorkerProcess.Create(ConsumeSomehowAsync, condition, memory), duration);
        await torment.RunBesideAsync(producing, () => Volatile.Read(ref Consumed(memory)));
        await torment.KillAllAsync();
        await stop.CancelAsync();
        await producing;
        long lost = produced - Left(memory) - Consumed(memory);
        Torment.Require(
            lost >= 0 && lost <= torment.AllKills, $"Of {produced} items {Left(memory)} are left and {Consumed(memory)} consumed at {torment.AllKills} kills.");
        await ConsumeOneByOneAsync(condition, memory);
        return string.Create(CultureInfo.InvariantCulture, $"{produced} notifications, {torment.AllKills} killed");
    }

    private static async Task ConsumeOneByOneAsync(ProcessCondition condition, SharedMemory memory)
    {
        using var consumer = WorkerProcess.Create(Consume, condition, memory);
        consumer.Start();
        for (int item = 0; item < LastItems; item++)
        {
            await using (await condition.HoldAsync())
            {
                Left(memory)++;
                condition.Notify();
            }

            long end = Environment.TickCount64 + (long)s_tooLong.TotalMilliseconds;
            while (Volatile.Read(ref Left(memory)) > 0)
            {
                Torment.Require(Environment.TickCount64 < end, $"The only consumer sleeps beside {Left(memory)} items.");
                await Task.Delay(s_moment);
            }
        }

        consumer.Kill();
    }

    private static async Task ConsumeSomehowAsync(ProcessCondition condition, SharedMemory memory)
    {
        bool IsAnyLeft() => Left(memory) > 0;
        while (true)
        {
            int kind = Random.Shared.Next(4);
            using var cancellation = new CancellationTokenSource(kind == 3 ? s_moment : Timeout.InfiniteTimeSpan);
            await using LockHold hold = await condition.HoldAsync();
            try
            {
                bool isThere = kind switch
                {
                    0 => condition.WaitFor(IsAnyLeft),
                    1 => await condition.WaitForAsync(IsAnyLeft),
                    2 => condition.WaitFor(IsAnyLeft, s_moment),
                    _ => await condition.WaitForAsync(IsAnyLeft, cancellationToken: cancellation.Token),
                };
                if (isThere)
                {
                    Take(memory);
                }
            }
            catch (OperationCanceledException)
            {
                // It was not notified.
            }
        }
    }

    /// <summary>Without time-outs: after those, too, one looks again, and would hide that nobody has woken it.</summary>
    private static void Consume(ProcessCondition condition, SharedMemory memory)
    {
        while (true)
        {
            using (condition.Hold())
            {
                _ = condition.WaitFor(() => Left(memory) > 0);
                Take(memory);
            }
        }
    }

    /// <summary>Killed in between, an item is gone and nobody has consumed it.</summary>
    private static void Take(SharedMemory memory)
    {
        Left(memory)--;
        Consumed(memory)++;
    }

    private static ref long Left(SharedMemory memory) => ref MemoryMarshal.Cast<byte, long>(memory.Span)[0];

    private static ref long Consumed(SharedMemory memory) => ref MemoryMarshal.Cast<byte, long>(memory.Span)[1];
}
