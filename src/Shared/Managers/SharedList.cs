using System.Collections;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>A list that lives in a manager's server. The counterpart of Python's <c>manager.list()</c>.</summary>
/// <remarks>
/// <para>
/// Elements that are read are copies: to change one, assign it anew, or use <see cref="Update"/>. Each call is atomic by itself;
/// <c>list[i] += x</c> is two calls, so use <see cref="Increment"/>, <see cref="Exchange"/>, <see cref="CompareExchange"/> or
/// <see cref="Update"/> where others may come between. Elements are equal when they are the same in a message. Shared objects of
/// the same manager can be elements, and are then shared, not copied.
/// </para>
/// <para>
/// Each call costs one message each way; searching, inserting and removing besides as many steps as elements are passed. Indices
/// beyond the list are an <see cref="ArgumentOutOfRangeException"/>. Enumerating reads the list as it is, some elements at a time,
/// and so sees what others change meanwhile; <see cref="ToList"/> is a snapshot.
/// </para>
/// </remarks>
/// <typeparam name="T">The elements' type; the same, or one that reads the same messages, in every process.</typeparam>
[MessagePackFormatter(typeof(SharedList<>.Formatter))]
public sealed class SharedList<T> : ManagerProxy, ISharedProxy<SharedList<T>>, IEnumerable<T>
{
    private const int ReadAtOnce = 256;

    private SharedList(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>How many elements there are.</summary>
    public int Count => Call("length").Result<int>();

    static string ISharedProxy<SharedList<T>>.TypeName => "list";

    /// <summary>The awaitable twin of <see cref="Count"/>.</summary>
    public Task<int> CountAsync(CancellationToken cancellationToken = default) => CallAsync("length").ResultAsync<int>(cancellationToken);

    /// <summary>The element at an index. Reading gives a copy; <c>list[^1]</c> is the last one.</summary>
    public T this[Index index]
    {
        get => Call("get", Position(index)).Result<T>();
        set => Call("set", Position(index), value).Wait();
    }

    /// <summary>Reads the element at an index.</summary>
    public Task<T> GetAsync(Index index, CancellationToken cancellationToken = default) =>
        CallAsync("get", Position(index)).ResultAsync<T>(cancellationToken);

    /// <summary>Replaces the element at an index.</summary>
    public Task SetAsync(Index index, T value, CancellationToken cancellationToken = default) =>
        CallAsync("set", Position(index), value).WaitAsync(cancellationToken);

    /// <summary>Appends an element.</summary>
    public void Add(T item) => Call("append", item).Wait();

    /// <summary>Appends an element.</summary>
    public Task AddAsync(T item, CancellationToken cancellationToken = default) => CallAsync("append", item).WaitAsync(cancellationToken);

    /// <summary>Appends elements, in one call: nobody else's come between.</summary>
    public void AddRange(IEnumerable<T> items) => Call("extend", new Elements<T>([.. items])).Wait();

    /// <summary>Appends elements, in one call: nobody else's come between.</summary>
    public Task AddRangeAsync(IEnumerable<T> items, CancellationToken cancellationToken = default) =>
        CallAsync("extend", new Elements<T>([.. items])).WaitAsync(cancellationToken);

    /// <summary>Inserts an element before the one at an index, or at the end.</summary>
    public void Insert(int index, T item) => Call("insert", index, item).Wait();

    /// <inheritdoc cref="Insert"/>
    public Task InsertAsync(int index, T item, CancellationToken cancellationToken = default) =>
        CallAsync("insert", index, item).WaitAsync(cancellationToken);

    /// <summary>Removes the last element and returns it.</summary>
    public T Pop() => Call("pop").Result<T>();

    /// <summary>Removes the element at an index and returns it.</summary>
    public T Pop(Index index) => Call("pop", Position(index)).Result<T>();

    /// <summary>Removes the last element and returns it.</summary>
    public Task<T> PopAsync(CancellationToken cancellationToken = default) => CallAsync("pop").ResultAsync<T>(cancellationToken);

    /// <summary>Removes the element at an index and returns it.</summary>
    public Task<T> PopAsync(Index index, CancellationToken cancellationToken = default) =>
        CallAsync("pop", Position(index)).ResultAsync<T>(cancellationToken);

    /// <summary>Removes the first element that equals a value; false if there is none.</summary>
    public bool Remove(T item) => Call("remove", item).Result<bool>();

    /// <inheritdoc cref="Remove"/>
    public Task<bool> RemoveAsync(T item, CancellationToken cancellationToken = default) => CallAsync("remove", item).ResultAsync<bool>(cancellationToken);

    /// <summary>Removes elements from an index on, as many as there are up to <paramref name="count"/>.</summary>
    public void RemoveRange(int index, int count) => Call("remove_range", index, count).Wait();

    /// <summary>The awaitable twin of <see cref="RemoveRange"/>.</summary>
    /// <inheritdoc cref="RemoveRange"/>
    public Task RemoveRangeAsync(int index, int count, CancellationToken cancellationToken = default) =>
        CallAsync("remove_range", index, count).WaitAsync(cancellationToken);

    /// <summary>Removes all elements.</summary>
    public void Clear() => Call("clear").Wait();

    /// <summary>The awaitable twin of <see cref="Clear"/>.</summary>
    /// <inheritdoc cref="Clear"/>
    public Task ClearAsync(CancellationToken cancellationToken = default) => CallAsync("clear").WaitAsync(cancellationToken);

    /// <summary>Where the first element is that equals a value; −1 if there is none.</summary>
    public int IndexOf(T item) => Call("index_of", item).Result<int>();

    /// <summary>The awaitable twin of <see cref="IndexOf"/>.</summary>
    /// <inheritdoc cref="IndexOf"/>
    public Task<int> IndexOfAsync(T item, CancellationToken cancellationToken = default) =>
        CallAsync("index_of", item).ResultAsync<int>(cancellationToken);

    /// <summary>Whether an element equals a value.</summary>
    public bool Contains(T item) => IndexOf(item) >= 0;

    /// <summary>The awaitable twin of <see cref="Contains"/>.</summary>
    /// <inheritdoc cref="Contains"/>
    public async Task<bool> ContainsAsync(T item, CancellationToken cancellationToken = default) =>
        await IndexOfAsync(item, cancellationToken).ConfigureAwait(false) >= 0;

    /// <summary>How many elements equal a value.</summary>
    public int CountOf(T item) => Call("count", item).Result<int>();

    /// <summary>The awaitable twin of <see cref="CountOf"/>.</summary>
    /// <inheritdoc cref="CountOf"/>
    public Task<int> CountOfAsync(T item, CancellationToken cancellationToken = default) =>
        CallAsync("count", item).ResultAsync<int>(cancellationToken);

    /// <summary>Copies of elements from an index on, as many as there are up to <paramref name="count"/>.</summary>
    public IReadOnlyList<T> GetRange(int index, int count) => Call("range", index, count).Result<Elements<T>>().AsList();

    /// <summary>The awaitable twin of <see cref="GetRange"/>.</summary>
    /// <inheritdoc cref="GetRange"/>
    public async Task<IReadOnlyList<T>> GetRangeAsync(int index, int count, CancellationToken cancellationToken = default) =>
        (await CallAsync("range", index, count).ResultAsync<Elements<T>>(cancellationToken).ConfigureAwait(false)).AsList();

    /// <summary>A copy of the whole list, as it is at one moment.</summary>
    public IReadOnlyList<T> ToList() => Snapshot().Value.AsList();

    /// <summary>A copy of the whole list, as it is at one moment.</summary>
    public async Task<IReadOnlyList<T>> ToListAsync(CancellationToken cancellationToken = default) =>
        (await CallAsync("snapshot").ResultAsync<Versioned<Elements<T>>>(cancellationToken).ConfigureAwait(false)).Value.AsList();

    /// <summary>Reverses the order.</summary>
    public void Reverse() => Call("reverse").Wait();

    /// <summary>The awaitable twin of <see cref="Reverse"/>.</summary>
    /// <inheritdoc cref="Reverse"/>
    public Task ReverseAsync(CancellationToken cancellationToken = default) => CallAsync("reverse").WaitAsync(cancellationToken);

    /// <summary>Sorts. The order is worked out here, and anew if the list changes meanwhile.</summary>
    public void Sort(IComparer<T>? comparer = null) => Transform(values => Sorted(values, comparer));

    /// <inheritdoc cref="Sort"/>
    /// <remarks>Cancelled, it has changed nothing, or all.</remarks>
    public Task SortAsync(IComparer<T>? comparer = null, CancellationToken cancellationToken = default) =>
        TransformAsync(values => Sorted(values, comparer), cancellationToken);

    /// <summary>Replaces the element at an index and returns the one that was there.</summary>
    public T Exchange(Index index, T value) => Call("exchange", Position(index), value).Result<T>();

    /// <summary>The awaitable twin of <see cref="Exchange"/>.</summary>
    /// <inheritdoc cref="Exchange"/>
    public Task<T> ExchangeAsync(Index index, T value, CancellationToken cancellationToken = default) =>
        CallAsync("exchange", Position(index), value).ResultAsync<T>(cancellationToken);

    /// <summary>Replaces the element at an index if it equals <paramref name="expected"/>; otherwise returns false.</summary>
    public bool CompareExchange(Index index, T expected, T value) =>
        Call("compare_exchange", Position(index), expected, value).Result<bool>();

    /// <summary>The awaitable twin of <see cref="CompareExchange"/>.</summary>
    /// <inheritdoc cref="CompareExchange"/>
    public Task<bool> CompareExchangeAsync(Index index, T expected, T value, CancellationToken cancellationToken = default) =>
        CallAsync("compare_exchange", Position(index), expected, value).ResultAsync<bool>(cancellationToken);

    /// <summary>Adds to the number at an index and returns the sum.</summary>
    /// <exception cref="InvalidOperationException">It is no number.</exception>
    public T Increment(Index index, T by) => Call("increment", Position(index), by).Result<T>();

    /// <inheritdoc cref="Increment"/>
    public Task<T> IncrementAsync(Index index, T by, CancellationToken cancellationToken = default) =>
        CallAsync("increment", Position(index), by).ResultAsync<T>(cancellationToken);

    /// <summary>Changes the element at an index by a function, which runs again if somebody else changed it meanwhile.</summary>
    /// <param name="index">Which.</param>
    /// <param name="change">Given the element, returns the new one; should do nothing else, since it may run several times.</param>
    /// <returns>The new element.</returns>
    public T Update(Index index, Func<T, T> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        while (true)
        {
            PendingCall read = Call("get", Position(index));
            T value = change(read.Result<T>());
            if (Call("compare_exchange", Position(index), new RawValue(read.Answer), value).Result<bool>())
            {
                return value;
            }
        }
    }

    /// <inheritdoc cref="Update"/>
    /// <remarks>Cancelled, it has changed nothing, or all.</remarks>
    public async Task<T> UpdateAsync(Index index, Func<T, T> change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        while (true)
        {
            PendingCall read = CallAsync("get", Position(index));
            T value = change(await read.ResultAsync<T>(cancellationToken).ConfigureAwait(false));
            PendingCall exchange = CallAsync("compare_exchange", Position(index), new RawValue(read.Answer), value);
            if (await exchange.ResultAsync<bool>(cancellationToken).ConfigureAwait(false))
            {
                return value;
            }
        }
    }

    /// <summary>Replaces the whole content by a function of it, which runs again if somebody else changed it meanwhile.</summary>
    /// <param name="change">Given a copy, returns the new content; should do nothing else, since it may run several times.</param>
    public void Transform(Func<IReadOnlyList<T>, IEnumerable<T>> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Versioned<Elements<T>> current;
        do
        {
            current = Snapshot();
        }
        while (!Call("replace", current.Version, new Elements<T>([.. change(current.Value.AsList())])).Result<bool>());
    }

    /// <inheritdoc cref="Transform"/>
    /// <remarks>Cancelled, it has changed nothing, or all.</remarks>
    public async Task TransformAsync(Func<IReadOnlyList<T>, IEnumerable<T>> change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        PendingCall replacing;
        do
        {
            var current = await CallAsync("snapshot").ResultAsync<Versioned<Elements<T>>>(cancellationToken).ConfigureAwait(false);
            replacing = CallAsync("replace", current.Version, new Elements<T>([.. change(current.Value.AsList())]));
        }
        while (!await replacing.ResultAsync<bool>(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Tells of each change from now on, until the enumeration is left.</summary>
    public IAsyncEnumerable<SharedChange<int>> WatchAsync(CancellationToken cancellationToken = default) =>
        ChangeStream.ReadAsync<int>(this, cancellationToken);

    /// <summary>The elements, read some at a time, as they are then.</summary>
    public IEnumerator<T> GetEnumerator()
    {
        int index = 0;
        while (GetRangeUpTo(index) is { Count: > 0 } read)
        {
            foreach (T item in read)
            {
                yield return item;
            }

            index += read.Count;
        }
    }

    static SharedList<T> ISharedProxy<SharedList<T>>.From(SharedReference reference) => new(reference);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // The list may have become shorter than the place where the enumeration stands.
    private IReadOnlyList<T> GetRangeUpTo(int index)
    {
        try
        {
            return GetRange(index, ReadAtOnce);
        }
        catch (ArgumentOutOfRangeException)
        {
            return [];
        }
    }

    private Versioned<Elements<T>> Snapshot() => Call("snapshot").Result<Versioned<Elements<T>>>();

    private static T[] Sorted(IReadOnlyList<T> values, IComparer<T>? comparer)
    {
        T[] sorted = [.. values];
        Array.Sort(sorted, comparer);
        return sorted;
    }

    /// <summary>As the server counts: from the end with negative numbers. ^0 is beyond it.</summary>
    private static int Position(Index index) => !index.IsFromEnd ? index.Value : index.Value == 0 ? int.MaxValue : -index.Value;

    internal sealed class Formatter : ManagerProxyFormatter<SharedList<T>>;
}
