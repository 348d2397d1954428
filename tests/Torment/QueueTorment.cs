using System.Globalization;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>
/// Tormented producers and consumers of one queue, and at the end an account of every single item, held against what the queue
/// itself tells of the processes that were killed.
/// </summary>
/// <param name="options">What the queue is like.</param>
/// <param name="item">Makes the item of a number.</param>
/// <param name="number">The number of an item; throws if it is torn.</param>
/// <param name="ways">Which calls are used.</param>
/// <param name="duration">How long the torment lasts; a few seconds if not given.</param>
internal sealed class QueueTorment<T>(
    ProcessQueueOptions options, Func<int, T> item, Func<T, int> number, QueueWays ways, TimeSpan? duration = null)
{
    private const int Producers = 2;
    private const int Consumers = 2;
    private const int Numbers = 32 * 1024 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Dictionary<int, QueueLoss> _losses = [];
    private long _nextLook;

    /// <summary>Torments, then counts.</summary>
    /// <param name="lookAtEmpty">Looks at the queue at the end, when nothing is in it.</param>
    /// <returns>What came of it, in one sentence.</returns>
    /// <exception cref="InvalidOperationException">An item was lost, doubled or torn, or somebody was left waiting.</exception>
    public async Task<string> RunAsync(Action<ProcessQueue<T>>? lookAtEmpty = null)
    {
        using var queue = new ProcessQueue<T>(options);
        using SharedMemory memory = QueueLedger.Create(Numbers);
        var torment = new Torment(
            Producers + Consumers,
            index => index < Producers
                ? WorkerProcess.Create(QueueTormentWorkers.ProduceAsync, queue, memory, item, ways, Numbers - 1000)
                : WorkerProcess.Create(QueueTormentWorkers.ConsumeAsync, queue, memory, number, ways),
            duration);
        await torment.RunAsync(() => Look(queue, memory), Numbers - 1000);

        // On a machine that is busy with much else, each may have been killed before it got anything done.
        await Torment.UntilAsync(() => new QueueLedger(memory).Takers().Count > 0);
        for (int index = 0; index < Producers; index++)
        {
            await torment.KillAsync(index);
        }

        // The consumers take what is left, and the queue's end ends them.
        queue.Complete();
        HashSet<int> survivors = [];
        for (int index = Producers; index < Producers + Consumers; index++)
        {
            _ = survivors.Add(torment.Worker(index).ProcessId!.Value);
            await torment.JoinAsync(index);
        }

        Require(!queue.TryGet(out _), "an item came after the queue's end");
        CollectLosses(queue);
        lookAtEmpty?.Invoke(queue);
        JoinAll(queue);
        return Check(
            queue, memory, survivors, Enumerable.Range(0, Producers).Sum(torment.Kills), Enumerable.Range(Producers, Consumers).Sum(torment.Kills));
    }

    /// <summary>A queue remembers the last losses only, so they are looked at all the time.</summary>
    private long Look(ProcessQueue<T> queue, SharedMemory memory)
    {
        if (Environment.TickCount64 >= _nextLook)
        {
            CollectLosses(queue);
            _nextLook = Environment.TickCount64 + 300;
        }

        return Volatile.Read(ref new QueueLedger(memory).AllBegun);
    }

    private void CollectLosses(ProcessQueue<T> queue)
    {
        foreach (QueueLoss loss in queue.Losses)
        {
            Require(
                _losses.TryAdd(loss.ProcessId, loss) || _losses[loss.ProcessId] == loss, $"the loss '{_losses[loss.ProcessId]}' became '{loss}'");
        }
    }

    /// <summary>All that was put is done or lost by now.</summary>
    private void JoinAll(ProcessQueue<T> queue)
    {
        if (!ways.HasFlag(QueueWays.MarksDone))
        {
            return;
        }

        try
        {
            queue.Join(s_patience);
        }
        catch (QueueItemsAbandonedException)
        {
            // Told once.
            queue.Join(s_patience);
        }
    }

    private string Check(ProcessQueue<T> queue, SharedMemory memory, HashSet<int> survivors, int deadProducers, int deadConsumers)
    {
        var ledger = new QueueLedger(memory);
        Dictionary<int, long> noted = ledger.Takers();
        Require(ledger.Doubled == 0, $"{ledger.Doubled} items came twice");
        int batch = ways.HasFlag(QueueWays.Mixed) ? QueueTormentWorkers.LargestBatch : 1;
        long lost = 0;
        foreach (QueueLoss loss in _losses.Values)
        {
            long taken = loss.Taken - noted.GetValueOrDefault(loss.ProcessId);
            Require(taken >= 0 && taken <= batch, $"'{loss}', which noted {noted.GetValueOrDefault(loss.ProcessId)}");
            long unmarked = ways.HasFlag(QueueWays.MarksDone) ? loss.Unfinished - taken : 0;
            Require(unmarked >= 0 && unmarked <= batch, $"'{loss}', of which {taken} had not been noted");
            lost += taken;
        }

        foreach ((int process, long count) in noted)
        {
            Require(survivors.Contains(process) || _losses.ContainsKey(process), $"process {process} had taken {count} items, of which no loss tells");
        }

        // A producer may die before it has put what it had begun to, or, if it drops, before it has taken out what it has counted.
        long arrived = noted.Values.Sum();
        long dropped = queue.DroppedItems;
        long neverPut = ledger.AllBegun - arrived - dropped - lost;
        int least = options.FullMode == QueueFullMode.Wait ? 0 : -deadProducers;
        string tally = string.Create(
            CultureInfo.InvariantCulture,
            $"{ledger.AllBegun} begun, {arrived} arrived, {dropped} dropped, {lost} lost with {deadConsumers} consumers killed, "
            + $"{neverPut} never put by {deadProducers} producers killed");
        Require(neverPut >= least && neverPut <= (long)deadProducers * batch, tally);
        Require(arrived > 0, $"nothing arrived: {tally}");
        return tally;
    }

    private static void Require(bool holds, string fault)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Does not hold: {fault}.");
        }
    }
}
