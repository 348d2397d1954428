using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Pools;

/// <summary>One map of many items over a pool: takes items in chunks as results are taken, and gives the results.</summary>
internal sealed class PoolMap<T, TResult>(ProcessPool pool, Func<T, TResult> call, PoolMapOptions options, long? total)
{
    private readonly ChunkSizer _sizer = new(options.ChunkSize, total, pool.WorkerCount);
    private readonly MapWindow _window = new(options, pool.WorkerCount);
    private readonly string _name = CallBinder.Describe(call);
    private readonly Channel<Task<ChunkResult<TResult>>> _chunks = Channel.CreateUnbounded<Task<ChunkResult<TResult>>>();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Lock _reporting = new();
    private long _completed;

    /// <summary>
    /// The results, chunk by chunk. Ends with the first failure; what has not started by then never does, and what has runs to its
    /// end, since the workers are not to blame. Cancellation stops both.
    /// </summary>
    public async IAsyncEnumerable<TResult[]> RunAsync(
        Func<CancellationToken, ChunkSource<T>> open, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancellationToken abandoned = abandon.Token;
        Task feeding = Task.Run(() => FeedAsync(open, abandoned, cancellationToken), CancellationToken.None);
        try
        {
            await foreach (Task<ChunkResult<TResult>> chunk in _chunks.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                ChunkResult<TResult> result = await chunk.ConfigureAwait(false);
                _window.Leave();
                yield return result.Results;
                if (result.Error is { } error)
                {
                    throw new RemoteException(result.ProcessName, result.ProcessId, error);
                }
            }
        }
        finally
        {
            await abandon.CancelAsync().ConfigureAwait(false);
            await feeding.ConfigureAwait(false);
        }
    }

    private async Task FeedAsync(
        Func<CancellationToken, ChunkSource<T>> open, CancellationToken abandoned, CancellationToken cancelled)
    {
        Exception? failure = null;
        var unordered = new List<Task>();
        try
        {
            ChunkSource<T> source = open(abandoned);
            await using (source.ConfigureAwait(false))
            {
                _ = await _window.EnterAsync(abandoned).ConfigureAwait(false);
                while (await source.TakeAsync(_sizer.Next, abandoned).ConfigureAwait(false) is { Length: > 0 } items)
                {
                    Task<ChunkResult<TResult>> chunk = Submit(items, abandoned, cancelled);
                    if (options.IsOrdered)
                    {
                        _ = _chunks.Writer.TryWrite(chunk);
                    }
                    else
                    {
                        unordered.RemoveAll(static task => task.IsCompleted);
                        unordered.Add(chunk.ContinueWith(
                            done => _ = _chunks.Writer.TryWrite(done), CancellationToken.None,
                            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default));
                    }

                    _ = await _window.EnterAsync(abandoned).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (abandoned.IsCancellationRequested)
        {
            // Nobody takes results any more.
        }
        catch (Exception error)
        {
            failure = error; // of the input: it appears behind the results of what came before it
        }

        if (!abandoned.IsCancellationRequested)
        {
            await Task.WhenAll(unordered).ConfigureAwait(false);
        }

        _ = _chunks.Writer.TryComplete(failure);
    }

    private Task<ChunkResult<TResult>> Submit(T[] items, CancellationToken abandoned, CancellationToken cancelled)
    {
        string name = items.Length == 1 ? _name : $"{_name} over {items.Length} items";
        PoolCall chunk = PoolCall.Write(Chunk.Run<T, TResult>, [call, items], name);
        return ObserveAsync(
            pool.Submit<ChunkResult<TResult>>(chunk, options.Chunk, isAwaitedHere: false, cancelled, abandoned), items.Length);
    }

    private async Task<ChunkResult<TResult>> ObserveAsync(Task<ChunkResult<TResult>> chunk, int items)
    {
        ChunkResult<TResult> result = await chunk.ConfigureAwait(false);
        _sizer.Observe(result.Results.Length, result.Microseconds);
        _window.Observe(result.Microseconds);
        if (options.Progress is { } progress)
        {
            // One at a time: else the report of the last item but one could come after that of the last, and stay on the screen.
            lock (_reporting)
            {
                _completed += items;
                progress.Report(new PoolProgress(_completed, total, Stopwatch.GetElapsedTime(_start)));
            }
        }

        return result;
    }
}
