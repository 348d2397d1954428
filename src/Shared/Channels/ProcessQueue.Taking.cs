using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Channels;

public sealed partial class ProcessQueue<T>
{
    /// <summary>What a batch ended at, for the next call to throw.</summary>
    private readonly ConcurrentQueue<ExceptionDispatchInfo> _unreadable = new();

    /// <summary>Takes the first item. Blocks while the queue is empty.</summary>
    /// <param name="timeout">How long to wait for an item; <see langword="null"/>: for ever.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; nothing is taken.</param>
    /// <exception cref="TimeoutException">No item came in time. (Python: <c>queue.Empty</c>.)</exception>
    /// <exception cref="QueueCompletedException">The queue is completed, and nothing is left.</exception>
    /// <exception cref="MessageSerializationException">The item is not a <typeparamref name="T"/>; it is used up.</exception>
    /// <exception cref="QueueItemLostException">
    /// Windows, macOS: the item was larger than the queue, and its producer has ended. Elsewhere it stays.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The queue was disposed of, maybe during the wait.</exception>
    public T Get(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        TryTakeAtOnce(out T? item, cancellationToken)
            ? item
            : Taken(Blocking.Result(TakeOneAsync(isAsync: false, Deadline.After(timeout), cancellationToken)), timeout);

    /// <summary>Takes the first item. Occupies no thread while it waits.</summary>
    /// <inheritdoc cref="Get"/>
    public async ValueTask<T> GetAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        TryTakeAtOnce(out T? item, cancellationToken)
            ? item
            : Taken(await TakeOneAsync(isAsync: true, Deadline.After(timeout), cancellationToken).ConfigureAwait(false), timeout);

    /// <summary>Takes the first item if there is one, or will be in time.</summary>
    /// <param name="item">The item.</param>
    /// <param name="timeout">How long to wait for one; zero or less (the default): not at all.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; nothing is taken.</param>
    /// <returns>
    /// Whether there was one; false also when the queue is completed, and if another process is stopped in the middle of taking.
    /// </returns>
    /// <inheritdoc cref="Get"/>
    public bool TryGet([MaybeNullWhen(false)] out T item, TimeSpan timeout = default, CancellationToken cancellationToken = default)
    {
        if (TryTakeAtOnce(out item, cancellationToken))
        {
            return true;
        }

        (RingStatus status, item) = Blocking.Result(TakeOneAsync(isAsync: false, Deadline.After(timeout), cancellationToken));
        return status == RingStatus.Done;
    }

    /// <summary>Takes the first item if there is one, or will be in time. Occupies no thread while it waits.</summary>
    /// <param name="timeout">How long to wait for one; zero or less (the default): not at all.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; nothing is taken.</param>
    /// <returns>
    /// Whether there was one, and the item if so; none also when the queue is completed, and if another process is stopped in the
    /// middle of taking.
    /// </returns>
    /// <inheritdoc cref="Get"/>
    public async ValueTask<(bool IsTaken, T? Item)> TryGetAsync(TimeSpan timeout = default, CancellationToken cancellationToken = default)
    {
        if (TryTakeAtOnce(out T? item, cancellationToken))
        {
            return (true, item);
        }

        (RingStatus status, item) = await TakeOneAsync(isAsync: true, Deadline.After(timeout), cancellationToken).ConfigureAwait(false);
        return (status == RingStatus.Done, item);
    }

    /// <summary>Takes all items that are there, up to as many as fit into the buffer. Blocks until there is at least one.</summary>
    /// <param name="destination">Where the items go, from its beginning.</param>
    /// <param name="timeout">How long to wait for the first; <see langword="null"/>: for ever.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; nothing is taken.</param>
    /// <returns>How many were taken; 0 only if the queue is completed and nothing is left, or the buffer is empty.</returns>
    /// <exception cref="TimeoutException">No item came in time.</exception>
    /// <exception cref="MessageSerializationException">
    /// The first item is not a <typeparamref name="T"/>; it is used up. One further on ends the batch before it, and is used up
    /// and reported by the next call that takes.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The queue was disposed of, maybe during the wait.</exception>
    public int GetMany(Span<T> destination, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (destination.IsEmpty)
        {
            return 0;
        }

        using var records = RecordBuffer.Rent();
        int maximum = IsBlock ? destination.Length : 1;
        RingStatus status = Blocking.Result(TakeAsync(isAsync: false, records, maximum, Deadline.After(timeout), cancellationToken));
        return Unpack(status, records, destination, timeout);
    }

    /// <summary>Takes all items that are there. Occupies no thread while it waits for the first.</summary>
    /// <inheritdoc cref="GetMany"/>
    public async ValueTask<int> GetManyAsync(
        Memory<T> destination, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (destination.IsEmpty)
        {
            return 0;
        }

        using var records = RecordBuffer.Rent();
        int maximum = IsBlock ? destination.Length : 1;
        RingStatus status = await TakeAsync(isAsync: true, records, maximum, Deadline.After(timeout), cancellationToken).ConfigureAwait(false);
        return Unpack(status, records, destination.Span, timeout);
    }

    /// <summary>
    /// Takes items one after the other until the queue is completed and empty. Several loops share the items. Leaving the
    /// loop loses nothing.
    /// </summary>
    /// <param name="cancellationToken">Ends the loop with <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<T> GetAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (TryTakeAtOnce(out T? item, cancellationToken))
            {
                yield return item;
                continue;
            }

            (RingStatus status, item) = await TakeOneAsync(isAsync: true, Deadline.Infinite, cancellationToken).ConfigureAwait(false);
            if (status == RingStatus.Completed)
            {
                yield break;
            }

            yield return item!;
        }
    }

    private static T Taken((RingStatus Status, T? Item) result, TimeSpan? timeout) => result.Status switch
    {
        RingStatus.Done => result.Item!,
        RingStatus.Completed => throw QueueCompletedException.OnGet(),
        _ => throw Empty(timeout),
    };

    private static TimeoutException Empty(TimeSpan? timeout) => new($"The queue was empty, and no item came within {timeout}.");

    private bool TryTakeAtOnce([MaybeNullWhen(false)] out T item, CancellationToken cancellationToken)
    {
        if (IsBlock)
        {
            return _ring.TryTake(out item, cancellationToken) == RingStatus.Done;
        }

        item = default;
        return false;
    }

    private async ValueTask<(RingStatus Status, T? Item)> TakeOneAsync(
        bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        using var records = RecordBuffer.Rent();
        RingStatus status = await TakeAsync(isAsync, records, 1, deadline, cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> written = records.Written;
        return (status, status == RingStatus.Done ? QueueItems<T>.Read(ref written, Extents) : default);
    }

    private async ValueTask<RingStatus> TakeAsync(
        bool isAsync, RecordBuffer records, int maximum, Deadline deadline, CancellationToken cancellationToken)
    {
        if (_unreadable.TryDequeue(out ExceptionDispatchInfo? unreadable))
        {
            unreadable.Throw();
        }

        RingStatus status = _ring.TryTake(records, maximum, cancellationToken);
        return status is RingStatus.Done or RingStatus.Completed
            ? status
            : await _ring.TakeAsync(isAsync, records, maximum, deadline, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads what was taken. Serialized items are taken one at a time, so that one that cannot be read costs no other.</summary>
    private int Unpack(RingStatus status, RecordBuffer records, Span<T> destination, TimeSpan? timeout)
    {
        if (status == RingStatus.NotReady)
        {
            throw Empty(timeout);
        }

        int count = 0;
        while (status == RingStatus.Done)
        {
            try
            {
                for (ReadOnlyMemory<byte> left = records.Written; !left.IsEmpty; count++)
                {
                    destination[count] = QueueItems<T>.Read(ref left, Extents);
                }
            }
            catch (Exception error) when (count > 0)
            {
                _unreadable.Enqueue(ExceptionDispatchInfo.Capture(error));
                break;
            }

            records.Clear();
            status = IsBlock || count == destination.Length
                ? RingStatus.NotReady
                : _ring.TryTake(records, 1, CancellationToken.None);
        }

        return count;
    }
}
