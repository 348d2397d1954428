using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Channels;

public sealed partial class ProcessQueue<T>
{
    /// <summary>Puts an item. Blocks while the queue is full, if its mode is <see cref="QueueFullMode.Wait"/>.</summary>
    /// <param name="item">The item.</param>
    /// <param name="timeout">How long to wait for room; <see langword="null"/>: for ever.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; the item is not put.</param>
    /// <exception cref="TimeoutException">There was no room in time. (Python: <c>queue.Full</c>.)</exception>
    /// <exception cref="QueueCompletedException">The queue was completed before the item was in.</exception>
    /// <exception cref="MessageSerializationException">The item cannot travel; nothing was put.</exception>
    /// <exception cref="ObjectDisposedException">The queue was disposed of, maybe during the wait.</exception>
    public void Put(T item, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (!TryPutAtOnce(item, cancellationToken) && !PutOne(item, Deadline.After(timeout), cancellationToken))
        {
            throw Full(timeout);
        }
    }

    /// <summary>Puts an item. Occupies no thread while it waits for room; serializes before it returns.</summary>
    /// <inheritdoc cref="Put"/>
    public async ValueTask PutAsync(T item, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (!TryPutAtOnce(item, cancellationToken)
            && !await PutOneAsync(isAsync: true, item, Deadline.After(timeout), cancellationToken).ConfigureAwait(false))
        {
            throw Full(timeout);
        }
    }

    /// <summary>Puts an item if there is room, or will be in time.</summary>
    /// <param name="item">The item.</param>
    /// <param name="timeout">How long to wait for room; zero or less (the default): not at all.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; the item is not put.</param>
    /// <returns>
    /// Whether the item is in, or was dropped according to the queue's mode. False also if another process is stopped in the
    /// middle of a put.
    /// </returns>
    /// <inheritdoc cref="Put"/>
    public bool TryPut(T item, TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        TryPutAtOnce(item, cancellationToken) || PutOne(item, Deadline.After(timeout), cancellationToken);

    /// <summary>Puts an item if there is room, or will be in time. Occupies no thread while it waits; serializes before it returns.</summary>
    /// <inheritdoc cref="TryPut"/>
    public ValueTask<bool> TryPutAsync(T item, TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        TryPutAtOnce(item, cancellationToken)
            ? new ValueTask<bool>(true)
            : PutOneAsync(isAsync: true, item, Deadline.After(timeout), cancellationToken);

    /// <summary>
    /// Puts items in their order, as many at a time as there is room for: others see them together, with one atomic store.
    /// Blocks while the queue is full.
    /// </summary>
    /// <param name="items">The items, all serialized before the first is put.</param>
    /// <param name="timeout">How long to wait for room, all in all; <see langword="null"/>: for ever.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; some may be in by then.</param>
    /// <returns>How many are in, from the first on: fewer than all only after the time-out.</returns>
    /// <exception cref="QueueCompletedException">The queue was completed before all were in.</exception>
    /// <exception cref="MessageSerializationException">An item cannot travel; none was put.</exception>
    public int PutMany(ReadOnlySpan<T> items, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        RecordBuffer records = RecordBuffer.Rent();
        List<ItemOffers>? offers = Serialize(records, items);
        return Blocking.Result(PutAsync(isAsync: false, records, offers, Deadline.After(timeout), cancellationToken));
    }

    /// <summary>Puts items in their order. Occupies no thread while it waits for room.</summary>
    /// <inheritdoc cref="PutMany"/>
    public ValueTask<int> PutManyAsync(
        ReadOnlyMemory<T> items, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        RecordBuffer records = RecordBuffer.Rent();
        List<ItemOffers>? offers = Serialize(records, items.Span);
        return PutAsync(isAsync: true, records, offers, Deadline.After(timeout), cancellationToken);
    }

    private static TimeoutException Full(TimeSpan? timeout) =>
        new($"The queue was full and had no room for the item within {timeout}: its consumers are behind, or stopped.");

    private bool TryPutAtOnce(T item, CancellationToken cancellationToken) =>
        IsBlock && _ring.TryPut(item, cancellationToken) == RingStatus.Done;

    private bool PutOne(T item, Deadline deadline, CancellationToken cancellationToken) =>
        Blocking.Result(PutOneAsync(isAsync: false, item, deadline, cancellationToken));

    private async ValueTask<bool> PutOneAsync(bool isAsync, T item, Deadline deadline, CancellationToken cancellationToken)
    {
        RecordBuffer records = RecordBuffer.Rent();
        List<ItemOffers>? offers = Serialize(records, [item]);
        return await PutAsync(isAsync, records, offers, deadline, cancellationToken).ConfigureAwait(false) == 1;
    }

    private List<ItemOffers>? Serialize(RecordBuffer records, ReadOnlySpan<T> items)
    {
        List<ItemOffers>? offers = null;
        try
        {
            if (IsBlock)
            {
                QueueItems<T>.Write(records, items, Ring.LargestItem);
                return null;
            }

            using HandleTransfer.OfferScope scope = HandleTransfer.BeginOffers();
            foreach (ref readonly T item in items)
            {
                QueueItems<T>.Write(records, new ReadOnlySpan<T>(in item), Ring.LargestItem, Extents);
                if (HandleTransfer.KeepOffers() is { Count: > 0 } handles)
                {
                    (offers ??= []).Add(new ItemOffers(records.Written.Length, handles));
                }
            }

            return offers;
        }
        catch
        {
            TakeBack(records.Ended, offers, put: 0);
            records.Dispose();
            throw;
        }
    }

    /// <summary>Puts what the buffer holds and gives that back. Returns how many items are in.</summary>
    private async ValueTask<int> PutAsync(
        bool isAsync, RecordBuffer records, List<ItemOffers>? offers, Deadline deadline, CancellationToken cancellationToken)
    {
        RecordBuffer? dropped = _ring.FullMode == QueueFullMode.Wait ? null : RecordBuffer.Rent();
        try
        {
            RingStatus status = await _ring.PutAsync(isAsync, records, dropped, deadline, cancellationToken).ConfigureAwait(false);
            return status == RingStatus.Completed ? throw QueueCompletedException.OnPut() : QueueItems<T>.Count(records.Put);
        }
        finally
        {
            // Those that are in stay, with all that is theirs, however the wait for room has ended.
            int put = records.Put.Length;
            TakeBack(records.Left, offers, put);
            records.Dispose();
            if (dropped is not null)
            {
                ReportDropped(dropped, offers, put);
            }
        }
    }

    /// <summary>Frees what items that are not in have outside of the ring, and revokes what they offer.</summary>
    private void TakeBack(ReadOnlyMemory<byte> left, List<ItemOffers>? offers, int put)
    {
        QueueItems<T>.Discard(left, Extents);
        Revoke(offers, put);
    }

    /// <summary>Revokes what the items offer that lie behind the first so many bytes.</summary>
    private static void Revoke(List<ItemOffers>? offers, int kept)
    {
        foreach (ItemOffers item in offers ?? [])
        {
            if (item.End > kept)
            {
                HandleTransfer.Revoke(item.Handles);
            }
        }
    }

    /// <summary>Hands what was dropped to whoever wants it, or else gives up what it has outside of the ring, and what it offers.</summary>
    private void ReportDropped(RecordBuffer dropped, List<ItemOffers>? offers, int put)
    {
        try
        {
            if (ItemDropped is not { } handler)
            {
                // Of this mode the last ones of our own; what others have offered is theirs to revoke, and can only be taken here.
                if (_ring.FullMode == QueueFullMode.DropWrite)
                {
                    Revoke(offers, put - dropped.Written.Length);
                }

                QueueItems<T>.GiveUp(dropped.Written, Extents);
                return;
            }

            for (ReadOnlyMemory<byte> left = dropped.Written; !left.IsEmpty;)
            {
                handler(this, new ItemDroppedEventArgs<T>(QueueItems<T>.Read(ref left, Extents)));
            }
        }
        finally
        {
            dropped.Dispose();
        }
    }

    /// <summary>The handles that an item offers, and where in the buffer the item ends.</summary>
    private readonly record struct ItemOffers(int End, IReadOnlyList<Offer> Handles);
}
