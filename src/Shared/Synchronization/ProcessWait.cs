using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// Waits for several objects of any kind at once: connections, process exits, events, queues. The counterpart of
/// <c>multiprocessing.connection.wait</c>. All members are safe to call from any thread.
/// </summary>
/// <remarks>
/// Whatever can be waited for is in a state, ready or not, that a look tells and does not change. A <see cref="ProcessCondition"/>
/// has none: a notification is for those who wait at that moment, with the lock given up, and is used up by them. Nor has a
/// <see cref="ProcessBarrier"/>: to wait at it is to arrive, which others count on, and which cannot be taken back because
/// something else was ready first. Wait for an event that is set besides, or start the wait as a task and wait for that.
/// </remarks>
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
        var deadline = Deadline.After(timeout);
        cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyList<IWaitable> ready = ReadyOf(distinct);
        if (ready.Count > 0 || distinct.Length == 0 || deadline.HasPassed)
        {
            return ready;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            return await WaitAsync(distinct, deadline, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            // However this ended: with a result, by cancellation, or because one of the waits failed. The others end with it.
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private static async Task<IReadOnlyList<IWaitable>> WaitAsync(IWaitable[] waitables, Deadline deadline, CancellationToken stop)
    {
        // The last one is the time-out, if there is one.
        Task[] waits = [.. waitables.Select(waitable => waitable.WaitReadyAsync(stop)), Task.Delay(deadline.RemainingMilliseconds, stop)];
        while (true)
        {
            await (await Task.WhenAny(waits).ConfigureAwait(false)).ConfigureAwait(false);
            IReadOnlyList<IWaitable> ready = ReadyOf(waitables);
            if (ready.Count > 0 || deadline.HasPassed)
            {
                return ready;
            }

            // Another taker has emptied what woke us between the wake-up and this look, or the time-out is longer than a timer can
            // be set for. The other waits are still under way.
            for (int index = 0; index < waits.Length; index++)
            {
                if (waits[index].IsCompleted)
                {
                    waits[index] = index < waitables.Length ? waitables[index].WaitReadyAsync(stop) : Task.Delay(deadline.RemainingMilliseconds, stop);
                }
            }
        }
    }

    private static IReadOnlyList<IWaitable> ReadyOf(IWaitable[] waitables) => [.. waitables.Where(waitable => waitable.IsReady)];
}
