using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Channels;

public sealed partial class ProcessQueue<T>
{
    /// <summary>How many of the losses <see cref="Join"/> has told the users of this object about.</summary>
    private int _lossesTold;

    /// <summary>
    /// Marks an item done that was taken before, for <see cref="Join"/>: once for each. Usually called by whoever took it, when
    /// it needs it no more. Never waits.
    /// </summary>
    /// <exception cref="InvalidOperationException">All items that were taken are marked done already.</exception>
    /// <exception cref="ObjectDisposedException">The queue was disposed of.</exception>
    public void TaskDone()
    {
        if (!_ring.TryMarkDone())
        {
            throw new InvalidOperationException(
                $"{nameof(TaskDone)} was called more often than items were taken. Call it once for each item that was taken.");
        }
    }

    /// <summary>
    /// Waits until every item that was ever put has been taken and marked done. Blocks; new items may come meanwhile and are waited
    /// for as well.
    /// </summary>
    /// <param name="timeout">How long; <see langword="null"/>: for ever.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="TimeoutException">Some were not done in time.</exception>
    /// <exception cref="QueueItemsAbandonedException">
    /// The others are done, but some had been taken by processes that have ended without marking them. Told once per queue object
    /// and loss, so that the work can be put anew and waited for.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The queue was disposed of, maybe during the wait.</exception>
    public void Join(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Blocking.Wait(JoinAsync(isAsync: false, timeout, cancellationToken));

    /// <summary>Waits until every item is done. Occupies no thread.</summary>
    /// <inheritdoc cref="Join"/>
    public ValueTask JoinAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        JoinAsync(isAsync: true, timeout, cancellationToken);

    private async ValueTask JoinAsync(bool isAsync, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (!await _ring.JoinAsync(isAsync, Deadline.After(timeout), cancellationToken).ConfigureAwait(false))
        {
            throw new TimeoutException($"The items of the queue were not all marked done within {timeout}.");
        }

        QueueLoss[] losses = [.. _ring.LossesFrom(ref _lossesTold).Where(loss => loss.Unfinished > 0)];
        if (losses.Length > 0)
        {
            throw new QueueItemsAbandonedException(losses);
        }
    }
}
