using System.Diagnostics;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Pools;

/// <summary>Many items as one task: the call that a worker runs for a chunk.</summary>
internal static class Chunk
{
    /// <summary>Calls for one item after another, until one fails or the chunk is cancelled.</summary>
    public static ChunkResult<TResult> Run<T, TResult>(Func<T, TResult> call, T[] items, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        var results = new TResult[items.Length];
        RemoteError? failure = null;
        int done = 0;
        try
        {
            for (; done < items.Length; done++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                results[done] = call(items[done]);
            }
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            failure = RemoteError.From(error);
            results = results[..done];
        }

        return new ChunkResult<TResult>(
            results, failure, WorkerProcess.Current.Name, Environment.ProcessId, Stopwatch.GetElapsedTime(start).TotalMicroseconds);
    }
}
