using System.Runtime.CompilerServices;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Pools;

// One call over many items. What can be called for an item is listed once, in ItemCall; here are the forms that results come in.
public static partial class ProcessPoolExtensions
{
    /// <summary>Calls for every item and returns the results in the items' order. Blocks until all are there. (Python: <c>map</c>.)</summary>
    /// <inheritdoc cref="MapAsync{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static TResult[] Map<T, TResult>(
        this IProcessPool pool,
        Func<T, TResult> call,
        IEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Task.Run(() => pool.MapAsync(call, items, options, cancellationToken), CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Calls for every pair of arguments. (Python: <c>starmap</c>.)</summary>
    /// <inheritdoc cref="Map{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static TResult[] Map<T1, T2, TResult>(
        this IProcessPool pool,
        Func<T1, T2, TResult> call,
        IEnumerable<(T1, T2)> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Map(ItemCall.Of(call), items, options, cancellationToken);

    /// <summary>Calls for every three arguments. (Python: <c>starmap</c>.)</summary>
    /// <inheritdoc cref="Map{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static TResult[] Map<T1, T2, T3, TResult>(
        this IProcessPool pool,
        Func<T1, T2, T3, TResult> call,
        IEnumerable<(T1, T2, T3)> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Map(ItemCall.Of(call), items, options, cancellationToken);

    /// <summary>Calls for every item and returns the results in the items' order. (Python: <c>map_async</c>.)</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="call">What is called in the workers.</param>
    /// <param name="items">The items. Unmanaged values, and such results, lie in memory that the workers share.</param>
    /// <param name="options">How; the defaults if <see langword="null"/>. Results come in order whatever they say.</param>
    /// <param name="cancellationToken">Stops it, also what runs.</param>
    /// <returns>
    /// The results. Fails as the first item fails, in the items' order: with <see cref="Processes.RemoteException"/> if the call
    /// throws, or with what taking the items has thrown. Items of chunks that no worker had been sent by then are not called for.
    /// </returns>
    /// <exception cref="ArgumentException">The call returns a task where none is awaited.</exception>
    public static Task<TResult[]> MapAsync<T, TResult>(
        this IProcessPool pool,
        Func<T, TResult> call,
        IEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return CreateMap(pool, call, options is null ? null : options with { IsOrdered = true }, CountOf(items))
            .ToArrayAsync(items, cancellationToken);
    }

    /// <summary>Calls for every item, and awaits each call in the worker before the next.</summary>
    /// <inheritdoc cref="MapAsync{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static Task<TResult[]> MapAsync<T, TResult>(
        this IProcessPool pool,
        Func<T, Task<TResult>> call,
        IEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.MapAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <summary>Calls for every item with a token, by which the item that runs is asked to end when the map is cancelled or its chunk out of time.</summary>
    /// <inheritdoc cref="MapAsync{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static Task<TResult[]> MapAsync<T, TResult>(
        this IProcessPool pool,
        Func<T, CancellationToken, TResult> call,
        IEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.MapAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <inheritdoc cref="MapAsync{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static Task<TResult[]> MapAsync<T, TResult>(
        this IProcessPool pool,
        Func<T, CancellationToken, Task<TResult>> call,
        IEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.MapAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <summary>Calls for every pair of arguments. (Python: <c>starmap</c>.)</summary>
    /// <inheritdoc cref="MapAsync{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // what would also do for a tuple and a token is meant for the tuple's parts
    public static Task<TResult[]> MapAsync<T1, T2, TResult>(
        this IProcessPool pool,
        Func<T1, T2, TResult> call,
        IEnumerable<(T1, T2)> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.MapAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <summary>Calls for every three arguments. (Python: <c>starmap</c>.)</summary>
    /// <inheritdoc cref="MapAsync{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // what would also do for a tuple and a token is meant for the tuple's parts
    public static Task<TResult[]> MapAsync<T1, T2, T3, TResult>(
        this IProcessPool pool,
        Func<T1, T2, T3, TResult> call,
        IEnumerable<(T1, T2, T3)> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.MapAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <summary>
    /// Calls for every item, taking items only as results are taken. (Python: <c>imap</c>, <c>imap_unordered</c>.)
    /// </summary>
    /// <param name="pool">The pool.</param>
    /// <param name="call">What is called in the workers.</param>
    /// <param name="items">The items; may be endless. They are enumerated on another thread.</param>
    /// <param name="options">How; the defaults if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Stops it, also what runs.</param>
    /// <returns>
    /// The results; each enumeration of them is a map of its own. A failure appears behind the results of the items before it, and ends
    /// them; an item or a result that cannot travel takes those before it in its own chunk along. Whoever stops enumerating them lets what
    /// workers have been sent end, and nothing else start.
    /// </returns>
    /// <exception cref="ArgumentException">The call returns a task where none is awaited.</exception>
    public static IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        this IProcessPool pool,
        Func<T, TResult> call,
        IEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return CreateMap(pool, call, options, CountOf(items)).FlattenAsync(_ => ChunkSource<T>.Of(items), cancellationToken);
    }

    /// <summary>Calls for every item, and awaits each call in the worker before the next.</summary>
    /// <inheritdoc cref="SelectAsync{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        this IProcessPool pool,
        Func<T, Task<TResult>> call,
        IEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.SelectAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <summary>Calls for every item with a token, by which the item that runs is asked to end when the map is cancelled or its chunk out of time.</summary>
    /// <inheritdoc cref="SelectAsync{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        this IProcessPool pool,
        Func<T, CancellationToken, TResult> call,
        IEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.SelectAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <inheritdoc cref="SelectAsync{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        this IProcessPool pool,
        Func<T, CancellationToken, Task<TResult>> call,
        IEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.SelectAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <summary>Calls for every pair of arguments.</summary>
    /// <inheritdoc cref="SelectAsync{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // what would also do for a tuple and a token is meant for the tuple's parts
    public static IAsyncEnumerable<TResult> SelectAsync<T1, T2, TResult>(
        this IProcessPool pool,
        Func<T1, T2, TResult> call,
        IEnumerable<(T1, T2)> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.SelectAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <summary>Calls for every three arguments.</summary>
    /// <inheritdoc cref="SelectAsync{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // what would also do for a tuple and a token is meant for the tuple's parts
    public static IAsyncEnumerable<TResult> SelectAsync<T1, T2, T3, TResult>(
        this IProcessPool pool,
        Func<T1, T2, T3, TResult> call,
        IEnumerable<(T1, T2, T3)> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.SelectAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <inheritdoc cref="SelectAsync{T, TResult}(IProcessPool, Func{T, TResult}, IEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        this IProcessPool pool,
        Func<T, TResult> call,
        IAsyncEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return CreateMap(pool, call, options, total: null).FlattenAsync(token => ChunkSource<T>.Of(items, token), cancellationToken);
    }

    /// <inheritdoc cref="SelectAsync{T, TResult}(IProcessPool, Func{T, TResult}, IAsyncEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        this IProcessPool pool,
        Func<T, Task<TResult>> call,
        IAsyncEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.SelectAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <inheritdoc cref="SelectAsync{T, TResult}(IProcessPool, Func{T, TResult}, IAsyncEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        this IProcessPool pool,
        Func<T, CancellationToken, TResult> call,
        IAsyncEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.SelectAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <inheritdoc cref="SelectAsync{T, TResult}(IProcessPool, Func{T, TResult}, IAsyncEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        this IProcessPool pool,
        Func<T, CancellationToken, Task<TResult>> call,
        IAsyncEnumerable<T> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.SelectAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <inheritdoc cref="SelectAsync{T, TResult}(IProcessPool, Func{T, TResult}, IAsyncEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // what would also do for a tuple and a token is meant for the tuple's parts
    public static IAsyncEnumerable<TResult> SelectAsync<T1, T2, TResult>(
        this IProcessPool pool,
        Func<T1, T2, TResult> call,
        IAsyncEnumerable<(T1, T2)> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.SelectAsync(ItemCall.Of(call), items, options, cancellationToken);

    /// <inheritdoc cref="SelectAsync{T, TResult}(IProcessPool, Func{T, TResult}, IAsyncEnumerable{T}, PoolMapOptions, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // what would also do for a tuple and a token is meant for the tuple's parts
    public static IAsyncEnumerable<TResult> SelectAsync<T1, T2, T3, TResult>(
        this IProcessPool pool,
        Func<T1, T2, T3, TResult> call,
        IAsyncEnumerable<(T1, T2, T3)> items,
        PoolMapOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.SelectAsync(ItemCall.Of(call), items, options, cancellationToken);

    private static long? CountOf<T>(IEnumerable<T> items) => items.TryGetNonEnumeratedCount(out int count) ? count : null;

    private static PoolMap<T, TResult> CreateMap<T, TResult>(
        IProcessPool pool, Func<T, TResult> call, PoolMapOptions? options, long? total)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(call);
        if (typeof(TResult) != Call.ResultTypeOf(typeof(TResult)))
        {
            throw new ArgumentException(
                $"{CallBinder.Describe(ItemCall.Original(call))} returns a {typeof(TResult).Name}, which cannot travel to another process. "
                + "Pass a lambda of one item that awaits it, and returns a Task of the result, to MapAsync or SelectAsync.",
                nameof(call));
        }

        pool.ThrowUnlessTrusted();
        return new PoolMap<T, TResult>(pool, call, options ?? new PoolMapOptions(), total);
    }
}
