using System.Globalization;
using System.Runtime.InteropServices;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>
/// Tormented parties of a barrier, and one that is spared: which must never be left waiting, is told of each kill by a break, and
/// finds all the others waiting whenever the action runs.
/// </summary>
internal static class BarrierTorment
{
    private const int Workers = 3;
    private const int FewestCycles = 10;

    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(60);

    /// <param name="duration">How long it lasts; a few seconds if not given.</param>
    /// <returns>What came of it, in one sentence.</returns>
    public static async Task<string> RunAsync(TimeSpan? duration = null)
    {
        using SharedMemory memory = SharedMemory.Create(4096);
        long cycles = 0;
        using var barrier = new ProcessBarrier(Workers + 1, () =>
        {
            for (int index = 0; index < Workers; index++)
            {
                Torment.Require(Volatile.Read(ref Waits(memory, index)) == 1, $"Party {index} does not wait, and still all are said to.");
            }

            Volatile.Write(ref cycles, cycles + 1);
        });
        using var stop = new CancellationTokenSource();
        Task<int> spared = Task.Factory.StartNew(() => MeetUntil(barrier, stop.Token), TaskCreationOptions.LongRunning);
        var torment = new Torment(Workers, index => WorkerProcess.Create(MeetAsync, barrier, memory, index), duration);
        await torment.RunBesideAsync(spared, () => Volatile.Read(ref cycles));
        await Torment.UntilAsync(() => Volatile.Read(ref cycles) >= FewestCycles);
        await torment.KillAllAsync();
        await stop.CancelAsync();

        // Nobody is killed before all have met once more, so each is a party by then. (Those killed at the end may count as one.)
        int breaks = await spared.WaitAsync(s_tooLong);
        int kills = torment.AllKills - Workers;
        Torment.Require(breaks >= kills && breaks <= kills + Workers, $"The barrier broke {breaks} times at {kills} kills and {Workers} at the end.");
        return string.Create(CultureInfo.InvariantCulture, $"met {cycles} times, broken {breaks} times, {torment.AllKills} killed");
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
                    Torment.Require(broken.Cause == BarrierBreak.ProcessEnded, $"The barrier broke for another reason than a kill: {broken.Message}");
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

    private static async Task MeetAsync(ProcessBarrier barrier, SharedMemory memory, int index)
    {
        // One way each, so that nobody has just got to work and has the other still to be compiled.
        bool isAsync = Random.Shared.Next(2) == 0;
        while (true)
        {
            Volatile.Write(ref Waits(memory, index), 1);
            try
            {
                _ = isAsync ? await barrier.WaitAsync() : barrier.Wait();
            }
            catch (BrokenBarrierException)
            {
                // The one that is spared resets it.
                SpinWait.SpinUntil(() => !barrier.IsBroken);
            }

            Volatile.Write(ref Waits(memory, index), 0);
        }
    }

    private static ref int Waits(SharedMemory memory, int index) => ref MemoryMarshal.Cast<byte, int>(memory.Span)[index * 64];
}
