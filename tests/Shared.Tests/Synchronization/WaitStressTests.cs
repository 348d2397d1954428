using System.Runtime.InteropServices;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>Tormented workers that wait for each other, and a party that is spared and must never be left waiting.</summary>
public sealed class WaitStressTests
{
    private const int Workers = 3;
    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(60);

    [Fact(Timeout = 600_000)]
    public async Task An_event_whose_setter_is_killed_at_any_instant_leaves_nobody_asleep_before_a_set_event()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a setter that is killed may leave waiters asleep.");
        using var set = new ProcessEvent();
        using var stop = new CancellationTokenSource();
        long passed = 0;

        // The setter waits for somebody to reset what it set. If that one died before it did, the one that is spared must get through
        // and do it; were it left asleep, the event would stay set, and the account of the times it passed would stand still.
        Task spared = Task.Factory.StartNew(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                _ = set.Wait(); // no time-out: after it, too, one looks again, and would not have been left asleep
                set.Reset();
                Volatile.Write(ref passed, passed + 1);
            }
        }, TaskCreationOptions.LongRunning);
        var torment = new Torment(Workers, index => index == 0 ? WorkerProcess.Create(SetAgainAndAgain, set) : WorkerProcess.Create(PassAndReset, set));
        await EndsFirstAsync(torment.RunAsync(() => Volatile.Read(ref passed)), spared);
        await torment.KillAllAsync();
        await stop.CancelAsync();
        set.Set();
        await spared.WaitAsync(s_tooLong);
        Assert.InRange(passed, 10, long.MaxValue);
    }

    [Fact(Timeout = 600_000)]
    public async Task A_barrier_whose_parties_are_killed_and_stopped_breaks_and_never_lets_some_pass_without_the_others()
    {
        using SharedMemory memory = SharedMemory.Create(4096);
        long cycles = 0;
        using var barrier = new ProcessBarrier(Workers + 1, () =>
        {
            for (int index = 0; index < Workers; index++)
            {
                Assert.True(Volatile.Read(ref Waits(memory, index)) == 1, $"Party {index} does not wait, and still all are said to.");
            }

            Volatile.Write(ref cycles, cycles + 1);
        });
        using var stop = new CancellationTokenSource();
        Task<int> spared = Task.Factory.StartNew(() => MeetUntil(barrier, stop.Token), TaskCreationOptions.LongRunning);
        var torment = new Torment(Workers, index => WorkerProcess.Create(Meet, barrier, memory, index));
        await EndsFirstAsync(torment.RunAsync(() => Volatile.Read(ref cycles)), spared);

        await torment.KillAllAsync();
        await stop.CancelAsync();

        // Nobody is killed before all have met once more, so each is a party by then. (Those killed at the end may count as one.)
        int kills = Enumerable.Range(0, Workers).Sum(torment.Kills) - Workers;
        Assert.InRange(await spared.WaitAsync(s_tooLong), kills, kills + Workers);
        Assert.InRange(cycles, 10, long.MaxValue);
    }

    /// <summary>Until the first has ended; what makes the second end meanwhile is what went wrong.</summary>
    private static async Task EndsFirstAsync(Task first, Task second)
    {
        if (await Task.WhenAny(first, second) == second)
        {
            await second;
            Assert.Fail("The party that is spared left.");
        }

        await first;
    }

    /// <returns>How often the barrier broke.</returns>
    private static int MeetUntil(ProcessBarrier barrier, CancellationToken stop)
    {
        int breaks = 0;
        try
        {
            while (true)
            {
                try
                {
                    _ = barrier.Wait(s_tooLong, stop);
                }
                catch (BrokenBarrierException broken)
                {
                    Assert.Equal(BarrierBreak.ProcessEnded, broken.Cause);
                    breaks++;
                    barrier.Reset();
                }
            }
        }
        catch (OperationCanceledException)
        {
            return breaks;
        }
    }

    private static void Meet(ProcessBarrier barrier, SharedMemory memory, int index)
    {
        while (true)
        {
            Volatile.Write(ref Waits(memory, index), 1);
            try
            {
                _ = barrier.Wait();
            }
            catch (BrokenBarrierException)
            {
                // The one that is spared resets it.
                SpinWait.SpinUntil(() => !barrier.IsBroken);
            }

            Volatile.Write(ref Waits(memory, index), 0);
        }
    }

    private static void SetAgainAndAgain(ProcessEvent set)
    {
        while (true)
        {
            set.Set();
            SpinWait.SpinUntil(() => !set.IsSet);
        }
    }

    private static void PassAndReset(ProcessEvent set)
    {
        while (true)
        {
            _ = set.Wait();
            set.Reset();
        }
    }

    private static ref int Waits(SharedMemory memory, int index) => ref MemoryMarshal.Cast<byte, int>(memory.Span)[index * 64];
}
