using System.Collections;
using System.Diagnostics.CodeAnalysis;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>A dictionary that lives in a manager's server. The counterpart of Python's <c>manager.dict()</c>.</summary>
/// <remarks>
/// <para>
/// Values that are read are copies: to change one, assign it anew, or use <see cref="Update"/>. Each call is atomic by itself;
/// <c>d[key] += x</c> is two calls, so use <see cref="Increment"/> or <see cref="Update"/> where others may come between. Keys
/// are equal when they are the same in a message. Shared objects of the same manager can be values, and are then shared, not
/// copied.
/// </para>
/// <para>Each call costs one message each way. Enumerating goes over a snapshot. There is no order.</para>
/// </remarks>
/// <typeparam name="TKey">The keys' type.</typeparam>
/// <typeparam name="TValue">The values' type.</typeparam>
[MessagePackFormatter(typeof(SharedDictionary<,>.Formatter))]
public sealed class SharedDictionary<TKey, TValue>
    : ManagerProxy, ISharedProxy<SharedDictionary<TKey, TValue>>, IEnumerable<KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    private SharedDictionary(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>How many keys there are.</summary>
    public int Count => Call("length").Result<int>();

    /// <summary>The keys, as they are at one moment.</summary>
    public IReadOnlyList<TKey> Keys => Call("keys").Result<Elements<TKey>>().AsList();

    /// <summary>The values, as they are at one moment.</summary>
    public IReadOnlyCollection<TValue> Values => [.. ToDictionary().Values];

    static string ISharedProxy<SharedDictionary<TKey, TValue>>.TypeName => "dictionary";

    /// <summary>The awaitable twin of <see cref="Count"/>.</summary>
    public Task<int> CountAsync(CancellationToken cancellationToken = default) => CallAsync("length").ResultAsync<int>(cancellationToken);

    /// <summary>The value of a key. Reading gives a copy; assigning adds the key or replaces its value.</summary>
    /// <exception cref="KeyNotFoundException">Reading: there is no such key.</exception>
    public TValue this[TKey key]
    {
        get => Call("get", key).Result<TValue>();
        set => Call("set", key, value).Wait();
    }

    /// <summary>Reads the value of a key.</summary>
    /// <exception cref="KeyNotFoundException">There is no such key.</exception>
    public Task<TValue> GetAsync(TKey key, CancellationToken cancellationToken = default) =>
        CallAsync("get", key).ResultAsync<TValue>(cancellationToken);

    /// <summary>Adds a key or replaces its value.</summary>
    public Task SetAsync(TKey key, TValue value, CancellationToken cancellationToken = default) =>
        CallAsync("set", key, value).WaitAsync(cancellationToken);

    /// <summary>Whether there is a key.</summary>
    public bool ContainsKey(TKey key) => Call("contains", key).Result<bool>();

    /// <summary>The awaitable twin of <see cref="ContainsKey"/>.</summary>
    /// <inheritdoc cref="ContainsKey"/>
    public Task<bool> ContainsKeyAsync(TKey key, CancellationToken cancellationToken = default) =>
        CallAsync("contains", key).ResultAsync<bool>(cancellationToken);

    /// <summary>Reads the value of a key; the default if there is none.</summary>
    public async Task<(bool IsFound, TValue? Value)> TryGetValueAsync(TKey key, CancellationToken cancellationToken = default)
    {
        Versioned<TValue> found = await CallAsync("try_get", key).ResultAsync<Versioned<TValue>>(cancellationToken).ConfigureAwait(false);
        return (found.Exists, found.Value);
    }

    /// <summary>Reads the value of a key; false if there is none.</summary>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        Versioned<TValue> found = Call("try_get", key).Result<Versioned<TValue>>();
        value = found.Value;
        return found.Exists;
    }

    /// <summary>Reads the values of several keys, at one moment; keys that do not exist are left out.</summary>
    public IReadOnlyDictionary<TKey, TValue> GetMany(IEnumerable<TKey> keys)
    {
        TKey[] wanted = [.. keys];
        return Versioned<TValue>.Existing(wanted, Call("get_many", new Elements<TKey>(wanted)).Result<Elements<Versioned<TValue>>>());
    }

    /// <inheritdoc cref="GetMany"/>
    public async Task<IReadOnlyDictionary<TKey, TValue>> GetManyAsync(IEnumerable<TKey> keys, CancellationToken cancellationToken = default)
    {
        TKey[] wanted = [.. keys];
        PendingCall call = CallAsync("get_many", new Elements<TKey>(wanted));
        return Versioned<TValue>.Existing(wanted, await call.ResultAsync<Elements<Versioned<TValue>>>(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Adds a key; false, and nothing is changed, if it exists.</summary>
    public bool TryAdd(TKey key, TValue value) => Call("add", key, value).Result<bool>();

    /// <summary>The awaitable twin of <see cref="TryAdd"/>.</summary>
    /// <inheritdoc cref="TryAdd"/>
    public Task<bool> TryAddAsync(TKey key, TValue value, CancellationToken cancellationToken = default) =>
        CallAsync("add", key, value).ResultAsync<bool>(cancellationToken);

    /// <summary>Returns the value of a key; adds it first if it does not exist.</summary>
    public TValue GetOrAdd(TKey key, TValue value) => Call("get_or_add", key, value).Result<TValue>();

    /// <summary>The awaitable twin of <see cref="GetOrAdd"/>.</summary>
    /// <inheritdoc cref="GetOrAdd"/>
    public Task<TValue> GetOrAddAsync(TKey key, TValue value, CancellationToken cancellationToken = default) =>
        CallAsync("get_or_add", key, value).ResultAsync<TValue>(cancellationToken);

    /// <summary>Adds or replaces several keys at once: nobody sees some of them without the others.</summary>
    public void SetMany(IReadOnlyDictionary<TKey, TValue> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Call("update", new Dictionary<TKey, TValue>(values)).Wait();
    }

    /// <inheritdoc cref="SetMany"/>
    public Task SetManyAsync(IReadOnlyDictionary<TKey, TValue> values, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        return CallAsync("update", new Dictionary<TKey, TValue>(values)).WaitAsync(cancellationToken);
    }

    /// <summary>Replaces the value of a key if there is one that equals <paramref name="expected"/>; otherwise returns false.</summary>
    /// <remarks>Equal are values that are the same in a message. To add a key only if it does not exist, use <see cref="TryAdd"/>.</remarks>
    public bool CompareExchange(TKey key, TValue expected, TValue value) => Call("exchange_equal", key, expected, value).Result<bool>();

    /// <summary>The awaitable twin of <see cref="CompareExchange"/>.</summary>
    /// <inheritdoc cref="CompareExchange"/>
    public Task<bool> CompareExchangeAsync(TKey key, TValue expected, TValue value, CancellationToken cancellationToken = default) =>
        CallAsync("exchange_equal", key, expected, value).ResultAsync<bool>(cancellationToken);

    /// <inheritdoc cref="Remove"/>
    public Task<bool> RemoveAsync(TKey key, CancellationToken cancellationToken = default) =>
        CallAsync("remove", key).ResultAsync<bool>(cancellationToken);

    /// <summary>Removes a key; false if there is none.</summary>
    public bool Remove(TKey key) => Call("remove", key).Result<bool>();

    /// <summary>Removes a key and returns its value; false if there is none.</summary>
    public bool TryRemove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        Versioned<TValue> removed = Call("pop", key).Result<Versioned<TValue>>();
        value = removed.Value;
        return removed.Exists;
    }

    /// <summary>Removes a key and returns its value; the default if there is none.</summary>
    public async Task<(bool IsFound, TValue? Value)> TryRemoveAsync(TKey key, CancellationToken cancellationToken = default)
    {
        Versioned<TValue> removed = await CallAsync("pop", key).ResultAsync<Versioned<TValue>>(cancellationToken).ConfigureAwait(false);
        return (removed.Exists, removed.Value);
    }

    /// <summary>Removes any one key and returns it with its value.</summary>
    /// <exception cref="InvalidOperationException">The dictionary is empty.</exception>
    public KeyValuePair<TKey, TValue> PopAny() => Call("pop").Result<KeyValuePair<TKey, TValue>>();

    /// <summary>The awaitable twin of <see cref="PopAny"/>.</summary>
    /// <inheritdoc cref="PopAny"/>
    public Task<KeyValuePair<TKey, TValue>> PopAnyAsync(CancellationToken cancellationToken = default) =>
        CallAsync("pop").ResultAsync<KeyValuePair<TKey, TValue>>(cancellationToken);

    /// <summary>Removes all keys.</summary>
    public void Clear() => Call("clear").Wait();

    /// <summary>The awaitable twin of <see cref="Clear"/>.</summary>
    /// <inheritdoc cref="Clear"/>
    public Task ClearAsync(CancellationToken cancellationToken = default) => CallAsync("clear").WaitAsync(cancellationToken);

    /// <summary>Adds to the number under a key, which counts as 0 if it does not exist, and returns the sum.</summary>
    /// <exception cref="InvalidOperationException">It is no number.</exception>
    public TValue Increment(TKey key, TValue by) => Call("increment", key, by).Result<TValue>();

    /// <inheritdoc cref="Increment"/>
    public Task<TValue> IncrementAsync(TKey key, TValue by, CancellationToken cancellationToken = default) =>
        CallAsync("increment", key, by).ResultAsync<TValue>(cancellationToken);

    /// <summary>Changes the value of a key by a function, which runs again if somebody else changed it meanwhile.</summary>
    /// <param name="key">The key; it is added if it does not exist.</param>
    /// <param name="change">
    /// Given the value, or the default if there is none, returns the new one; should do nothing else, since it may run several times.
    /// </param>
    /// <returns>The new value.</returns>
    public TValue Update(TKey key, Func<TValue?, TValue> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        while (true)
        {
            Versioned<TValue> current = Call("try_get", key).Result<Versioned<TValue>>();
            TValue value = change(current.Value);
            if (Call("compare_exchange", key, current.Version, value).Result<bool>())
            {
                return value;
            }
        }
    }

    /// <inheritdoc cref="Update"/>
    /// <remarks>Cancelled, it has changed nothing, or all.</remarks>
    public async Task<TValue> UpdateAsync(TKey key, Func<TValue?, TValue> change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        while (true)
        {
            Versioned<TValue> current = await CallAsync("try_get", key).ResultAsync<Versioned<TValue>>(cancellationToken).ConfigureAwait(false);
            TValue value = change(current.Value);
            if (await CallAsync("compare_exchange", key, current.Version, value).ResultAsync<bool>(cancellationToken).ConfigureAwait(false))
            {
                return value;
            }
        }
    }

    /// <summary>A copy of the whole dictionary, as it is at one moment.</summary>
    public IReadOnlyDictionary<TKey, TValue> ToDictionary() => Call("snapshot").Result<Dictionary<TKey, TValue>>();

    /// <summary>A copy of the whole dictionary, as it is at one moment.</summary>
    public async Task<IReadOnlyDictionary<TKey, TValue>> ToDictionaryAsync(CancellationToken cancellationToken = default) =>
        await CallAsync("snapshot").ResultAsync<Dictionary<TKey, TValue>>(cancellationToken).ConfigureAwait(false);

    /// <summary>Tells of each change from now on, until the enumeration is left.</summary>
    public IAsyncEnumerable<SharedChange<TKey>> WatchAsync(CancellationToken cancellationToken = default) =>
        ChangeStream.ReadAsync<TKey>(this, cancellationToken);

    /// <summary>The keys and values, as they are at one moment.</summary>
    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator() => ToDictionary().GetEnumerator();

    static SharedDictionary<TKey, TValue> ISharedProxy<SharedDictionary<TKey, TValue>>.From(SharedReference reference) => new(reference);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal sealed class Formatter : ManagerProxyFormatter<SharedDictionary<TKey, TValue>>;
}
