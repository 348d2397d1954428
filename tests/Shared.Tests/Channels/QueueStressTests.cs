using System.Runtime.InteropServices;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Tormented producers and consumers, and at the end an account of every single item.</summary>
public sealed class QueueStressTests
{
    private const int Producers = 2;
    private const int Consumers = 2;
    private const int Most = 32 * 1024 * 1024;

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
        var torment = new Torment(Producers + Consumers, index => index < Producers
            ? WorkerProcess.Create(Produce, queue, ledger, item, index)
            : WorkerProcess.Create(Consume, queue, ledger, number));
        await torment.RunAsync(() => new Ledger(ledger).AllBegun, Most - (2 * Producers));
        for (int index = 0; index < Producers; index++)
        {
            await torment.KillAsync(index);
        }

        // The consumers take what is left, and the queue's end ends them.
        queue.Complete();
        for (int index = Producers; index < Producers + Consumers; index++)
        {
            await torment.JoinAsync(index);
        }

        Assert.Empty(Rest(queue));
        _ = queue.Losses; // finds the last deaths, and frees what those had
        Assert.Empty(queue.Extents?.Offsets ?? []);
        Check(new Ledger(ledger), Enumerable.Range(0, Producers).Sum(torment.Kills), Enumerable.Range(Producers, Consumers).Sum(torment.Kills));
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

        public long AllBegun
        {
            get
            {
                long all = 0;
                for (int producer = 0; producer < Producers; producer++)
                {
                    all += Volatile.Read(ref Begun(producer));
                }

                return all;
            }
        }

        public ref int Begun(int producer) => ref _begun[producer * 64];

        public ref byte Count(int number) => ref _counts[number];
    }
}
