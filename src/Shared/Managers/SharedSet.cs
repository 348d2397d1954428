using System.Collections;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>A set that lives in a manager's server. The counterpart of Python's <c>manager.set()</c>.</summary>
/// <remarks>
/// Each call is atomic and costs one message each way. Elements are equal when they are the same in a message. Enumerating goes
/// over a snapshot. There is no order.
/// </remarks>
/// <typeparam name="T">The elements' type.</typeparam>
[MessagePackFormatter(typeof(SharedSet<>.Formatter))]
public sealed class SharedSet<T> : ManagerProxy, ISharedProxy<SharedSet<T>>, IEnumerable<T>
{
    private SharedSet(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>How many elements there are.</summary>
    public int Count => Call("length").Result<int>();

    static string ISharedProxy<SharedSet<T>>.TypeName => "set";

    /// <summary>The awaitable twin of <see cref="Count"/>.</summary>
    public Task<int> CountAsync(CancellationToken cancellationToken = default) => CallAsync("length").ResultAsync<int>(cancellationToken);

    /// <summary>Adds an element; false if it was there already.</summary>
    public bool Add(T item) => Call("add", item).Result<bool>();

    /// <summary>Adds an element; false if it was there already.</summary>
    public Task<bool> AddAsync(T item, CancellationToken cancellationToken = default) => CallAsync("add", item).ResultAsync<bool>(cancellationToken);

    /// <summary>Removes an element; false if it was not there.</summary>
    public bool Remove(T item) => Call("remove", item).Result<bool>();

    /// <summary>The awaitable twin of <see cref="Remove"/>.</summary>
    /// <inheritdoc cref="Remove"/>
    public Task<bool> RemoveAsync(T item, CancellationToken cancellationToken = default) =>
        CallAsync("remove", item).ResultAsync<bool>(cancellationToken);

    /// <summary>Whether an element is there.</summary>
    public bool Contains(T item) => Call("contains", item).Result<bool>();

    /// <summary>The awaitable twin of <see cref="Contains"/>.</summary>
    /// <inheritdoc cref="Contains"/>
    public Task<bool> ContainsAsync(T item, CancellationToken cancellationToken = default) =>
        CallAsync("contains", item).ResultAsync<bool>(cancellationToken);

    /// <summary>Adds elements at once, and returns how many were new.</summary>
    public int UnionWith(IEnumerable<T> items) => Call("union", new Elements<T>([.. items])).Result<int>();

    /// <summary>The awaitable twin of <see cref="UnionWith"/>.</summary>
    /// <inheritdoc cref="UnionWith"/>
    public Task<int> UnionWithAsync(IEnumerable<T> items, CancellationToken cancellationToken = default) =>
        CallAsync("union", new Elements<T>([.. items])).ResultAsync<int>(cancellationToken);

    /// <summary>Removes elements at once, and returns how many were there.</summary>
    public int ExceptWith(IEnumerable<T> items) => Call("except", new Elements<T>([.. items])).Result<int>();

    /// <summary>The awaitable twin of <see cref="ExceptWith"/>.</summary>
    /// <inheritdoc cref="ExceptWith"/>
    public Task<int> ExceptWithAsync(IEnumerable<T> items, CancellationToken cancellationToken = default) =>
        CallAsync("except", new Elements<T>([.. items])).ResultAsync<int>(cancellationToken);

    /// <summary>Removes all but the given elements at once, and returns how many were removed.</summary>
    public int IntersectWith(IEnumerable<T> items) => Call("intersect", new Elements<T>([.. items])).Result<int>();

    /// <summary>The awaitable twin of <see cref="IntersectWith"/>.</summary>
    /// <inheritdoc cref="IntersectWith"/>
    public Task<int> IntersectWithAsync(IEnumerable<T> items, CancellationToken cancellationToken = default) =>
        CallAsync("intersect", new Elements<T>([.. items])).ResultAsync<int>(cancellationToken);

    /// <summary>Removes all elements.</summary>
    public void Clear() => Call("clear").Wait();

    /// <summary>The awaitable twin of <see cref="Clear"/>.</summary>
    /// <inheritdoc cref="Clear"/>
    public Task ClearAsync(CancellationToken cancellationToken = default) => CallAsync("clear").WaitAsync(cancellationToken);

    /// <summary>A copy of the elements, as they are at one moment.</summary>
    public IReadOnlyList<T> ToList() => Call("snapshot").Result<Elements<T>>().AsList();

    /// <summary>The awaitable twin of <see cref="ToList"/>.</summary>
    /// <inheritdoc cref="ToList"/>
    public async Task<IReadOnlyList<T>> ToListAsync(CancellationToken cancellationToken = default) =>
        (await CallAsync("snapshot").ResultAsync<Elements<T>>(cancellationToken).ConfigureAwait(false)).AsList();

    /// <summary>Tells of each change from now on, until the enumeration is left. An element that is, or contains, a proxy is not named.</summary>
    public IAsyncEnumerable<SharedChange<T>> WatchAsync(CancellationToken cancellationToken = default) =>
        ChangeStream.ReadAsync<T>(this, cancellationToken);

    /// <summary>The elements, as they are at one moment.</summary>
    public IEnumerator<T> GetEnumerator() => ToList().GetEnumerator();

    static SharedSet<T> ISharedProxy<SharedSet<T>>.From(SharedReference reference) => new(reference);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal sealed class Formatter : ManagerProxyFormatter<SharedSet<T>>;
}
