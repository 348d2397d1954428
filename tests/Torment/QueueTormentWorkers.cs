using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>What the tormented processes of a queue do until they are killed, or the queue ends.</summary>
internal static class QueueTormentWorkers
{
    /// <summary>How many items are put or taken at once at most.</summary>
    public const int LargestBatch = 5;

    private const int Kinds = 6;

    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(1);

    /// <summary>Puts items whose numbers the ledger gives out, until all are used up.</summary>
    public static async Task ProduceAsync<T>(ProcessQueue<T> queue, SharedMemory memory, Func<int, T> item, QueueWays ways, int limit)
    {
        while (Volatile.Read(ref new QueueLedger(memory).AllBegun) < limit)
        {
            if (ways.HasFlag(QueueWays.Mixed))
            {
                int count = Random.Shared.Next(1, LargestBatch + 1);
                int first = new QueueLedger(memory).Begin(count);
                await PutAsync(queue, [.. Enumerable.Range(first, count).Select(item)]);
            }
            else
            {
                queue.Put(item(new QueueLedger(memory).Begin(1)));
            }
        }

        await Task.Delay(Timeout.Infinite);
    }

    /// <summary>Takes items and notes them until the queue is completed and empty.</summary>
    public static async Task ConsumeAsync<T>(ProcessQueue<T> queue, SharedMemory memory, Func<T, int> number, QueueWays ways)
    {
        var items = new T[LargestBatch];
        try
        {
            while (true)
            {
                int count = ways.HasFlag(QueueWays.Mixed) ? await TakeAsync(queue, items) : One(() => items[0] = queue.Get());
                if (count < 0)
                {
                    return;
                }

                Note(queue, memory, items.AsSpan(0, count), number, ways);
            }
        }
        catch (QueueCompletedException)
        {
        }
    }

    private static void Note<T>(ProcessQueue<T> queue, SharedMemory memory, ReadOnlySpan<T> items, Func<T, int> number, QueueWays ways)
    {
        var ledger = new QueueLedger(memory);
        foreach (T item in items)
        {
            ledger.Note(number(item));
            if (ways.HasFlag(QueueWays.MarksDone))
            {
                queue.TaskDone();
            }
        }
    }

    /// <summary>Puts all of them, in one of the ways that there are. What was not put for want of time, or cancelled, is put again.</summary>
    private static async Task PutAsync<T>(ProcessQueue<T> queue, T[] items)
    {
        int kind = Random.Shared.Next(Kinds);
        for (int put = 0; put < items.Length;)
        {
            using var cancellation = new CancellationTokenSource(kind == 5 ? s_moment : Timeout.InfiniteTimeSpan);
            try
            {
                put += kind switch
                {
                    0 => One(() => queue.Put(items[put])),
                    1 => await OneAsync(queue.PutAsync(items[put])),
                    2 => queue.PutMany(items.AsSpan(put)),
                    3 => await queue.PutManyAsync(items.AsMemory(put), s_moment),
                    4 => queue.TryPut(items[put], s_moment) ? 1 : 0,
                    _ => await OneAsync(queue.PutAsync(items[put], cancellationToken: cancellation.Token)),
                };
            }
            catch (OperationCanceledException)
            {
                // It is not in, the queue says; if it were, it would come twice.
            }
        }
    }

    /// <summary>Takes some, in one of the ways that there are. Returns how many: none for want of time, less at the queue's end.</summary>
    private static async Task<int> TakeAsync<T>(ProcessQueue<T> queue, T[] items)
    {
        int kind = Random.Shared.Next(Kinds);
        using var cancellation = new CancellationTokenSource(kind == 5 ? s_moment : Timeout.InfiniteTimeSpan);
        try
        {
            return kind switch
            {
                0 => One(() => items[0] = queue.Get()),
                1 => await OneAsync(TakeOneAsync(CancellationToken.None)),
                2 => OrEnd(queue.GetMany(items)),
                3 => OrEnd(await queue.GetManyAsync(items)),
                4 => queue.TryGet(out items[0]!, s_moment) ? 1 : 0,
                _ => await OneAsync(TakeOneAsync(cancellation.Token)),
            };
        }
        catch (OperationCanceledException)
        {
            return 0;
        }

        async ValueTask TakeOneAsync(CancellationToken cancellationToken) => items[0] = await queue.GetAsync(cancellationToken: cancellationToken);
    }

    private static int One(Action act)
    {
        act();
        return 1;
    }

    private static async Task<int> OneAsync(ValueTask act)
    {
        await act;
        return 1;
    }

    private static int OrEnd(int count) => count > 0 ? count : -1;
}
