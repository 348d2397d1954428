namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// Waits for several objects of any kind at once: connections, process exits, events, queues. The counterpart of
/// <c>multiprocessing.connection.wait</c>. All members are safe to call from any thread.
/// </summary>
public static class ProcessWait
{
    /// <summary>Blocks until at least one object is ready and returns every one that is.</summary>
    /// <param name="waitables">What to wait for; duplicates count once. None: returns an empty list at once.</param>
    /// <param name="timeout">
    /// How long to wait; <see langword="null"/> or <see cref="Timeout.InfiniteTimeSpan"/> waits for ever, zero or less only looks.
    /// </param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The ready ones in the order given; empty after a time-out.</returns>
    public static IReadOnlyList<IWaitable> Any(
        IEnumerable<IWaitable> waitables, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        AnyAsync(waitables, timeout, cancellationToken).GetAwaiter().GetResult();

    /// <summary>Blocks until at least one object is ready and returns every one that is.</summary>
    /// <param name="waitables">What to wait for.</param>
    /// <returns>The ready ones in the order given.</returns>
    public static IReadOnlyList<IWaitable> Any(params IWaitable[] waitables) => Any(waitables, timeout: null);

    /// <summary>The awaitable twin of <see cref="Any(IEnumerable{IWaitable}, TimeSpan?, CancellationToken)"/>.</summary>
    /// <inheritdoc cref="Any(IEnumerable{IWaitable}, TimeSpan?, CancellationToken)"/>
    public static async Task<IReadOnlyList<IWaitable>> AnyAsync(
        IEnumerable<IWaitable> waitables, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(waitables);
        IWaitable[] distinct = [.. waitables.Distinct()];
        cancellationToken.ThrowIfCancellationRequested();
        IWaitable[] ready = [.. distinct.Where(waitable => waitable.IsReady)];
        bool onlyLook = timeout is { } limit && limit != Timeout.InfiniteTimeSpan && limit <= TimeSpan.Zero;
        if (ready.Length > 0 || distinct.Length == 0 || onlyLook)
        {
            return ready;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (timeout is { } wait && wait != Timeout.InfiniteTimeSpan)
        {
            stop.CancelAfter(wait);
        }

        Task[] waits = [.. distinct.Select(waitable => waitable.WaitReadyAsync(stop.Token))];
        while (true)
        {
            try
            {
                await (await Task.WhenAny(waits).ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return [.. distinct.Where(waitable => waitable.IsReady)];
            }

            ready = [.. distinct.Where(waitable => waitable.IsReady)];
            if (ready.Length > 0)
            {
                await stop.CancelAsync().ConfigureAwait(false);
                return ready;
            }

            // Another taker has emptied what woke us between the wake-up and this look. The other waits are still under way.
            for (int index = 0; index < waits.Length; index++)
            {
                if (waits[index].IsCompleted)
                {
                    waits[index] = distinct[index].WaitReadyAsync(stop.Token);
                }
            }
        }
    }
}
