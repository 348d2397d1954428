using System.Collections;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>An array, of a fixed length, that lives in a manager's server. The counterpart of Python's <c>manager.Array()</c>.</summary>
/// <remarks>
/// Each call is atomic by itself and costs one message each way; <c>v[i] += x</c> is two, so use <see cref="Increment"/> or
/// <see cref="CompareExchange"/> where others may come between. Indices beyond the array are an
/// <see cref="ArgumentOutOfRangeException"/>. Processes of one machine that share numbers at memory's speed use <c>SharedArray</c> instead.
/// </remarks>
/// <typeparam name="T">The elements' type.</typeparam>
[MessagePackFormatter(typeof(SharedVector<>.Formatter))]
public sealed class SharedVector<T> : ManagerProxy, ISharedProxy<SharedVector<T>>, IEnumerable<T>
{
    private SharedVector(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>How many elements it has.</summary>
    public int Length => Call("length").Result<int>();

    static string ISharedProxy<SharedVector<T>>.TypeName => "array";

    /// <summary>The element at an index. Reading gives a copy.</summary>
    public T this[int index]
    {
        get => Call("get", Checked(index)).Result<T>();
        set => Call("set", Checked(index), value).Wait();
    }

    /// <summary>Reads the element at an index: a copy.</summary>
    public Task<T> GetAsync(int index, CancellationToken cancellationToken = default) => CallAsync("get", Checked(index)).ResultAsync<T>(cancellationToken);

    /// <summary>Replaces the element at an index.</summary>
    public Task SetAsync(int index, T value, CancellationToken cancellationToken = default) =>
        CallAsync("set", Checked(index), value).WaitAsync(cancellationToken);

    /// <summary>Replaces the element at an index and returns the one that was there.</summary>
    public T Exchange(int index, T value) => Call("exchange", Checked(index), value).Result<T>();

    /// <summary>The awaitable twin of <see cref="Exchange"/>.</summary>
    /// <inheritdoc cref="Exchange"/>
    public Task<T> ExchangeAsync(int index, T value, CancellationToken cancellationToken = default) =>
        CallAsync("exchange", Checked(index), value).ResultAsync<T>(cancellationToken);

    /// <summary>Replaces the element at an index if it equals <paramref name="expected"/>; otherwise returns false.</summary>
    public bool CompareExchange(int index, T expected, T value) => Call("compare_exchange", Checked(index), expected, value).Result<bool>();

    /// <summary>The awaitable twin of <see cref="CompareExchange"/>.</summary>
    /// <inheritdoc cref="CompareExchange"/>
    public Task<bool> CompareExchangeAsync(int index, T expected, T value, CancellationToken cancellationToken = default) =>
        CallAsync("compare_exchange", Checked(index), expected, value).ResultAsync<bool>(cancellationToken);

    /// <summary>Adds to the number at an index and returns the sum.</summary>
    /// <exception cref="InvalidOperationException">It is no number.</exception>
    public T Increment(int index, T by) => Call("increment", Checked(index), by).Result<T>();

    /// <summary>The awaitable twin of <see cref="Increment"/>.</summary>
    /// <inheritdoc cref="Increment"/>
    public Task<T> IncrementAsync(int index, T by, CancellationToken cancellationToken = default) =>
        CallAsync("increment", Checked(index), by).ResultAsync<T>(cancellationToken);

    /// <summary>Copies of elements from an index on, as many as there are up to <paramref name="count"/>.</summary>
    public IReadOnlyList<T> GetRange(int index, int count) => Call("range", Checked(index), count).Result<Elements<T>>().AsList();

    /// <summary>The awaitable twin of <see cref="GetRange"/>.</summary>
    /// <inheritdoc cref="GetRange"/>
    public async Task<IReadOnlyList<T>> GetRangeAsync(int index, int count, CancellationToken cancellationToken = default) =>
        (await CallAsync("range", Checked(index), count).ResultAsync<Elements<T>>(cancellationToken).ConfigureAwait(false)).AsList();

    /// <summary>A copy of the whole array, as it is at one moment.</summary>
    public T[] ToArray() => [.. Call("snapshot").Result<Versioned<Elements<T>>>().Value.AsList()];

    /// <summary>The awaitable twin of <see cref="ToArray"/>.</summary>
    /// <inheritdoc cref="ToArray"/>
    public async Task<T[]> ToArrayAsync(CancellationToken cancellationToken = default) =>
        [.. (await CallAsync("snapshot").ResultAsync<Versioned<Elements<T>>>(cancellationToken).ConfigureAwait(false)).Value.AsList()];

    /// <summary>Tells of each change from now on, until the enumeration is left.</summary>
    public IAsyncEnumerable<SharedChange<int>> WatchAsync(CancellationToken cancellationToken = default) =>
        ChangeStream.ReadAsync<int>(this, cancellationToken);

    /// <summary>The elements, as they are at one moment.</summary>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();

    static SharedVector<T> ISharedProxy<SharedVector<T>>.From(SharedReference reference) => new(reference);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // To the server a negative index counts from the end.
    private static int Checked(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return index;
    }

    internal sealed class Formatter : ManagerProxyFormatter<SharedVector<T>>;
}
