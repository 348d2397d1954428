using System.Runtime.InteropServices;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Synchronization;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>
/// Producers and consumers at full speed, of which one is killed or stopped every few milliseconds; and at the end an account
/// of every single item. IPCDEMOS_STRESS_SECONDS makes it last longer.
/// </summary>
public sealed class QueueStressTests
{
    private const int Producers = 2;
    private const int Consumers = 2;
    private const int Most = 32 * 1024 * 1024;

    private static readonly TimeSpan s_duration =
        TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable("IPCDEMOS_STRESS_SECONDS"), out int seconds) ? seconds : 4);

    [Fact(Timeout = 600_000)]
    public Task Blocks_survive_the_kill_of_anybody_at_any_instant() =>
        TormentAsync(new ProcessQueueOptions(), static number => number, static item => item);

    [Fact(Timeout = 600_000)]
    public Task Blocks_in_a_full_queue_survive_the_kill_of_anybody_at_any_instant() =>
        TormentAsync(new ProcessQueueOptions { CapacityInItems = 3 }, static number => number, static item => item);

    [Fact(Timeout = 600_000)]
    public Task Messages_survive_the_kill_of_anybody_at_any_instant() =>
        TormentAsync(new ProcessQueueOptions(), TinyRingQueueTests.Item, TinyRingQueueTests.Number);

    [Fact(Timeout = 600_000)]
    public Task Messages_in_a_tiny_ring_survive_the_kill_of_anybody_at_any_instant() =>
        TormentAsync(TinyRingQueueTests.Options, TinyRingQueueTests.Item, TinyRingQueueTests.Number);

    [Fact(Timeout = 600_000)]
    public Task Messages_larger_than_the_ring_survive_the_kill_of_anybody_at_any_instant()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere they end with their producer.");
        return TormentAsync(LargeItemQueueTests.Options, LargeItemQueueTests.Item, LargeItemQueueTests.Number);
    }

    /// <summary>
    /// Every producer numbers its items from where the memory says that it, or the one before it, has got to, and notes there
    /// what it is about to put and what it has put; consumers count each number as they get it.
    /// </summary>
    private static async Task TormentAsync<T>(ProcessQueueOptions options, Func<int, T> item, Func<T, int> number)
    {
        using var queue = new ProcessQueue<T>(options);
        using SharedMemory ledger = SharedMemory.Create(Most + 4096);
        var random = new Random(4711);
        var workers = new WorkerProcess[Producers + Consumers];
        int deadConsumers = 0;
        int deadProducers = 0;
        for (int index = 0; index < workers.Length; index++)
        {
            Start(index);
        }

        long end = Environment.TickCount64 + (long)s_duration.TotalMilliseconds;
        long moved = 0;
        while (Environment.TickCount64 < end && moved < Most - (2 * Producers))
        {
            // Where starting a process takes longer than the others are left alone, nobody would ever get to work: so the next
            // one dies at a random instant after the queue has moved again.
            moved = await MovedOnAsync(ledger, moved);
            await Task.Delay(random.Next(1, 40));
            int index = random.Next(workers.Length);
            Assert.True(workers[index].IsAlive, $"{workers[index].Error}");
            if (!OperatingSystem.IsWindows() && random.Next(3) == 0)
            {
                int processId = workers[index].ProcessId!.Value;
                Signals.Stop(processId);
                await Task.Delay(random.Next(1, 15));
                Signals.Continue(processId);
            }
            else
            {
                await KillAsync(index);
                Start(index);
            }
        }

        for (int index = 0; index < Producers; index++)
        {
            await KillAsync(index);
        }

        // The consumers take what is left, and the queue's end ends them.
        queue.Complete();
        for (int index = Producers; index < workers.Length; index++)
        {
            await workers[index].JoinAsync();
            Assert.True(workers[index].ExitCode == 0, $"{workers[index].Error}");
            workers[index].Dispose();
        }

        Assert.Empty(Rest(queue));
        _ = queue.Losses; // finds the last deaths, and frees what those had
        Assert.Empty(queue.Extents?.Offsets ?? []);
        Check(new Ledger(ledger), deadProducers, deadConsumers);

        async Task KillAsync(int index)
        {
            workers[index].Kill();
            await workers[index].JoinAsync();
            workers[index].Dispose();
            _ = index < Producers ? deadProducers++ : deadConsumers++;
        }

        void Start(int index)
        {
            workers[index] = index < Producers
                ? WorkerProcess.Create(Produce, queue, ledger, item, index)
                : WorkerProcess.Create(Consume, queue, ledger, number);
            workers[index].Start();
        }
    }

    /// <summary>Waits until a producer has begun another item, and tells how many have been begun by then.</summary>
    private static async Task<long> MovedOnAsync(SharedMemory memory, long before)
    {
        long begun;
        while ((begun = Enumerable.Range(0, Producers).Sum(producer => (long)new Ledger(memory).Begun(producer))) == before
            && begun < Most - (2 * Producers))
        {
            await Task.Delay(1);
        }

        return begun;
    }

    private static void Check(Ledger ledger, int deadProducers, int deadConsumers)
    {
        long arrived = 0;
        int missing = 0;
        for (int producer = 0; producer < Producers; producer++)
        {
            for (int sequence = 0; sequence < ledger.Begun(producer); sequence++)
            {
                byte count = ledger.Count((sequence * Producers) + producer);
                Assert.True(count <= 1, $"Item {sequence} of producer {producer} arrived {count} times.");
                arrived += count;
                missing += 1 - count;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{arrived} items arrived, {missing} did not; {deadProducers} producers and {deadConsumers} consumers were killed");
        Assert.InRange(arrived, deadProducers, long.MaxValue);

        // A producer may die before it has put the item that it had begun, a consumer after it has taken one and before it has
        // noted that; nothing else may be missing.
        Assert.InRange(missing, 0, deadProducers + deadConsumers);
    }

    private static void Produce<T>(ProcessQueue<T> queue, SharedMemory memory, Func<int, T> item, int producer)
    {
        var ledger = new Ledger(memory);
        while (ledger.Begun(producer) * Producers < Most - Producers)
        {
            int sequence = ledger.Begun(producer)++;
            queue.Put(item((sequence * Producers) + producer));
        }

        new ManualResetEvent(false).WaitOne();
    }

    private static void Consume<T>(ProcessQueue<T> queue, SharedMemory memory, Func<T, int> number)
    {
        var ledger = new Ledger(memory);
        try
        {
            while (true)
            {
                ledger.Count(number(queue.Get()))++;
            }
        }
        catch (QueueCompletedException)
        {
        }
    }

    private static List<T> Rest<T>(ProcessQueue<T> queue)
    {
        var rest = new List<T>();
        while (queue.TryGet(out T? item))
        {
            rest.Add(item);
        }

        return rest;
    }

    /// <summary>How many items each producer has begun to put, and how often each has arrived.</summary>
    private readonly ref struct Ledger(SharedMemory memory)
    {
        private readonly Span<byte> _counts = memory.Span[4096..];
        private readonly Span<int> _begun = MemoryMarshal.Cast<byte, int>(memory.Span[..4096]);

        public ref int Begun(int producer) => ref _begun[producer * 64];

        public ref byte Count(int number) => ref _counts[number];
    }
}
