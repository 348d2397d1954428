using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Pools;

/// <summary>One map of many items over a pool: takes items in chunks as results are taken, and gives the results.</summary>
internal sealed class PoolMap<T, TResult>(IProcessPool pool, Func<T, TResult> call, PoolMapOptions options, long? total)
{
    private readonly ChunkSizer _sizer = new(options.ChunkSize, total, pool.WorkerCount, pool.Memory is null ? 0 : Capacity());
    private readonly MapWindow _window = new(options, pool.WorkerCount);
    private readonly string _name = CallBinder.Describe(ItemCall.Original(call));
    private readonly Channel<Task<ChunkOutput<TResult>>> _chunks = Channel.CreateUnbounded<Task<ChunkOutput<TResult>>>();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Lock _reporting = new();
    private long _completed;

    /// <summary>
    /// The results, chunk by chunk, each valid until the next one is asked for. Ends with the first failure; what no worker has been
    /// sent by then never starts, and what has runs to its end, since the workers are not to blame. Cancellation stops both. The input
    /// is disposed of when the results are at their end; if they end early, when it gives its next item: it may be waiting for one.
    /// </summary>
    public async IAsyncEnumerable<ChunkOutput<TResult>> RunAsync(
        Func<CancellationToken, ChunkSource<T>> open, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancellationToken abandoned = abandon.Token;
        _ = Task.Run(() => FeedAsync(open, abandoned, cancellationToken), CancellationToken.None);
        try
        {
            await foreach (Task<ChunkOutput<TResult>> chunk in _chunks.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                using ChunkOutput<TResult> output = await chunk.ConfigureAwait(false);
                _window.Leave();
                yield return output;
                if (output.Error is { } error)
                {
                    throw error;
                }
            }
        }
        finally
        {
            await abandon.CancelAsync().ConfigureAwait(false);
            ReleaseUnread();
        }
    }

    /// <summary>All results, in the items' order.</summary>
    public async Task<TResult[]> ToArrayAsync(IEnumerable<T> items, CancellationToken cancellationToken)
    {
        TResult[] results = GC.AllocateUninitializedArray<TResult>((int)(total ?? 0));
        int taken = 0;
        await foreach (ChunkOutput<TResult> chunk in RunAsync(_ => ChunkSource<T>.Of(items), cancellationToken).ConfigureAwait(false))
        {
            taken = Append(chunk.Results, ref results, taken);
        }

        Array.Resize(ref results, taken);
        return results;
    }

    /// <summary>The results, one by one; each enumeration of them is a map of its own.</summary>
    public async IAsyncEnumerable<TResult> FlattenAsync(
        Func<CancellationToken, ChunkSource<T>> open,
        CancellationToken given,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(given, cancellationToken);
        var own = new PoolMap<T, TResult>(pool, call, options, total);
        await foreach (ChunkOutput<TResult> chunk in own.RunAsync(open, both.Token).ConfigureAwait(false))
        {
            int count = chunk.Results.Length;
            for (int index = 0; index < count; index++)
            {
                yield return chunk.Results[index];
            }
        }
    }

    /// <summary>A collection may have more items than it said.</summary>
    private static int Append(ReadOnlySpan<TResult> chunk, ref TResult[] results, int taken)
    {
        int wanted = taken + chunk.Length;
        if (wanted > results.Length)
        {
            Array.Resize(ref results, Math.Max(wanted, 2 * taken));
        }

        chunk.CopyTo(results.AsSpan(taken));
        return wanted;
    }

    /// <summary>How many items, and their results, a slot takes; 0 if neither can lie in one.</summary>
    private static int Capacity() => (ChunkMemory.CapacityOf<T>(), ChunkMemory.CapacityOf<TResult>()) switch
    {
        (0, var results) => results,
        (var items, 0) => items,
        (var items, var results) => Math.Min(items, results),
    };

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
                    Task<ChunkOutput<TResult>> chunk = SubmitAsync(items, abandoned, cancelled);
                    if (options.IsOrdered)
                    {
                        _ = _chunks.Writer.TryWrite(chunk);
                    }
                    else
                    {
                        unordered.RemoveAll(static task => task.IsCompleted);
                        unordered.Add(chunk.ContinueWith(
                            done => Add(done, abandoned), CancellationToken.None,
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

        // Also of what nobody takes any more: else a chunk that ends later would keep its slot.
        await Task.WhenAll(unordered).ConfigureAwait(false);
        _ = _chunks.Writer.TryComplete(failure);
        if (abandoned.IsCancellationRequested)
        {
            ReleaseUnread();
        }
    }

    /// <summary>Adds a chunk that has ended. The input's thread may be waiting for an item, so that nobody else releases what comes late.</summary>
    private void Add(Task<ChunkOutput<TResult>> chunk, CancellationToken abandoned)
    {
        _ = _chunks.Writer.TryWrite(chunk);
        if (abandoned.IsCancellationRequested)
        {
            ReleaseUnread();
        }
    }

    private async Task<ChunkOutput<TResult>> SubmitAsync(
        ReadOnlyMemory<T> items, CancellationToken abandoned, CancellationToken cancelled)
    {
        ChunkPlace place = TakePlace(items.Length);
        try
        {
            Task<ChunkResult<TResult>> chunk = pool.RunAsync<ChunkResult<TResult>>(Write(items, place), options.Chunk, cancelled, abandoned);
            ChunkResult<TResult> result = await chunk.ConfigureAwait(false);
            Observe(result, items.Length);
            return new ChunkOutput<TResult>(result, pool.Memory, place);
        }
        catch when (place.Slot >= 0)
        {
            pool.Memory!.ReturnSlot(place.Slot);
            throw;
        }
    }

    private ChunkPlace TakePlace(int count)
    {
        bool hasItems = ChunkMemory.Suits<T>(count);
        bool takesResults = ChunkMemory.Suits<TResult>(count);
        return (hasItems || takesResults) && pool.Memory is { } memory && memory.TryTakeSlot(out int slot)
            ? new ChunkPlace(slot, count, hasItems, takesResults)
            : new ChunkPlace(-1, count, HasItems: false, TakesResults: false);
    }

    private PoolCall Write(ReadOnlyMemory<T> items, ChunkPlace place)
    {
        string name = items.Length == 1 ? _name : $"{_name} over {items.Length} items";
        if (place.HasItems)
        {
            items.Span.CopyTo(pool.Memory!.Items<T>(place.Slot, place.Count));
            return PoolCall.Write(Chunk.Run<T, TResult>, [call, null, place], name, remembered: []);
        }

        T[] array = items.ToArray();
        return PoolCall.Write(Chunk.Run<T, TResult>, [call, array, place], name, remembered: [array]);
    }

    private void Observe(ChunkResult<TResult> result, int items)
    {
        _sizer.Observe(result.Count, result.Microseconds);
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
    }

    /// <summary>
    /// Gives back the slots of chunks whose results nobody takes, as each ends. Twice: here are those that there are when the results
    /// are given up, and those that the input's thread was just about to add.
    /// </summary>
    private void ReleaseUnread()
    {
        while (_chunks.Reader.TryRead(out Task<ChunkOutput<TResult>>? chunk))
        {
            _ = chunk.ContinueWith(
                static ended =>
                {
                    if (ended.IsCompletedSuccessfully)
                    {
                        ended.Result.Dispose();
                    }
                    else
                    {
                        _ = ended.Exception; // seen: the failure that ended the results is the one that was reported
                    }
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }
}
