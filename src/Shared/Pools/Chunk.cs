using System.Diagnostics;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Pools;

/// <summary>Many items as one task: the call that a worker runs for a chunk.</summary>
internal static class Chunk
{
    /// <summary>Cancels the chunk that this worker is at, which is one at a time.</summary>
    public static CancellationToken Cancellation { get; private set; }

    /// <summary>Calls for one item after another, until one fails or the chunk is cancelled.</summary>
    /// <param name="call">What is called.</param>
    /// <param name="items">The items; null if they are in the slot.</param>
    /// <param name="place">Where the items are and the results go.</param>
    /// <param name="cancellationToken">Cancels the chunk between two items, and those of them that look at <see cref="Cancellation"/>.</param>
    public static ChunkResult<TResult> Run<T, TResult>(
        Func<T, TResult> call, T[]? items, ChunkPlace place, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        Cancellation = cancellationToken;
        ReadOnlySpan<T> given = items ?? ChunkMemory.Current!.Items<T>(place.Slot, place.Count);
        TResult[]? sent = place.TakesResults ? null : new TResult[given.Length];
        Span<TResult> results = sent ?? ChunkMemory.Current!.Results<TResult>(place.Slot, place.Count);
        RemoteError? failure = null;
        int done = 0;
        try
        {
            for (; done < given.Length; done++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                results[done] = call(given[done]);
            }
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            failure = RemoteError.From(error);
            sent = sent?[..done];
        }

        return new ChunkResult<TResult>(
            done, sent, failure, WorkerProcess.Current.Name, Environment.ProcessId, Stopwatch.GetElapsedTime(start).TotalMicroseconds);
    }
}
