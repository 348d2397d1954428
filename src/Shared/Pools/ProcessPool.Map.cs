namespace IpcDemos.Shared.Pools;

// One call over many items.
public sealed partial class ProcessPool
{
    /// <summary>Calls for every item and returns the results in the items' order. Blocks until all are there.</summary>
    /// <inheritdoc cref="MapAsync{T, TResult}(Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public TResult[] Map<T, TResult>(
        Func<T, TResult> call, IEnumerable<T> items, PoolMapOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => MapAsync(call, items, options, cancellationToken), CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Calls for every item and returns the results in the items' order. (Python: <c>map</c>.)</summary>
    /// <param name="call">What is called in the workers.</param>
    /// <param name="items">The items. Unmanaged values, and such results, lie in memory that the workers share.</param>
    /// <param name="options">How; the defaults if <see langword="null"/>. Results come in order whatever they say.</param>
    /// <param name="cancellationToken">Stops it, also what runs.</param>
    /// <returns>
    /// The results. Fails as the first item fails, in the items' order: with <see cref="Processes.RemoteException"/> if the call
    /// throws, or with what taking the items has thrown. Items of chunks that no worker had been sent by then are not called for.
    /// </returns>
    public async Task<TResult[]> MapAsync<T, TResult>(
        Func<T, TResult> call, IEnumerable<T> items, PoolMapOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        long? total = items.TryGetNonEnumeratedCount(out int count) ? count : null;
        return await CreateMap(call, options is null ? null : options with { IsOrdered = true }, total)
            .ToArrayAsync(items, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Calls for every item, and awaits each call in the worker before the next.</summary>
    /// <inheritdoc cref="MapAsync{T, TResult}(Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public Task<TResult[]> MapAsync<T, TResult>(
        Func<T, Task<TResult>> call, IEnumerable<T> items, PoolMapOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        return MapAsync((T item) => call(item).GetAwaiter().GetResult(), items, options, cancellationToken);
    }

    /// <summary>Calls for every pair of arguments. (Python: <c>starmap</c>.)</summary>
    /// <inheritdoc cref="MapAsync{T, TResult}(Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public Task<TResult[]> MapAsync<T1, T2, TResult>(
        Func<T1, T2, TResult> call,
        IEnumerable<(T1, T2)> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        return MapAsync(((T1 First, T2 Second) pair) => call(pair.First, pair.Second), items, options, cancellationToken);
    }

    /// <summary>
    /// Calls for every item, taking items only as results are taken. (Python: <c>imap</c>, <c>imap_unordered</c>.)
    /// </summary>
    /// <param name="call">What is called in the workers.</param>
    /// <param name="items">The items; may be endless. They are enumerated on another thread.</param>
    /// <param name="options">How; the defaults if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Stops it, also what runs.</param>
    /// <returns>
    /// The results; each enumeration of them is a map of its own. A failure appears behind the results of the items before it, and ends
    /// them. Whoever stops enumerating them lets what workers have been sent end, and nothing else start.
    /// </returns>
    public IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        Func<T, TResult> call, IEnumerable<T> items, PoolMapOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        long? total = items.TryGetNonEnumeratedCount(out int count) ? count : null;
        return CreateMap(call, options, total).FlattenAsync(_ => ChunkSource<T>.Of(items), cancellationToken);
    }

    /// <inheritdoc cref="SelectAsync{T, TResult}(Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        Func<T, TResult> call, IAsyncEnumerable<T> items, PoolMapOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return CreateMap(call, options, total: null).FlattenAsync(token => ChunkSource<T>.Of(items, token), cancellationToken);
    }

    private PoolMap<T, TResult> CreateMap<T, TResult>(Func<T, TResult> call, PoolMapOptions? options, long? total)
    {
        ArgumentNullException.ThrowIfNull(call);
        return new PoolMap<T, TResult>(this, call, options ?? new PoolMapOptions(), total);
    }
}
