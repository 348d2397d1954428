using System.Diagnostics.CodeAnalysis;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>Values by name, of any types, that live in a manager's server. The counterpart of Python's <c>manager.Namespace()</c>.</summary>
/// <remarks>
/// Values that are read are copies. Each call is atomic by itself and costs one message each way; adding to what was read is two,
/// so use <see cref="Increment"/> or <see cref="Update"/> where others may come between. A name that begins with an underscore
/// is like any other, except that <see cref="ToString"/> leaves it out.
/// </remarks>
[MessagePackFormatter(typeof(ManagerProxyFormatter<SharedNamespace>))]
public sealed class SharedNamespace : ManagerProxy, ISharedProxy<SharedNamespace>
{
    private SharedNamespace(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>The names, as they are at one moment.</summary>
    public IReadOnlyList<string> Names => Call("keys").Result<Elements<string>>().AsList();

    static string ISharedProxy<SharedNamespace>.TypeName => "namespace";

    /// <summary>Reads the value of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is no such name.</exception>
    public T Get<T>(string name) => Call("get", name).Result<T>();

    /// <summary>Reads the value of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is no such name.</exception>
    public Task<T> GetAsync<T>(string name, CancellationToken cancellationToken = default) =>
        CallAsync("get", name).ResultAsync<T>(cancellationToken);

    /// <summary>Reads the value of a name; false if there is none.</summary>
    public bool TryGet<T>(string name, [MaybeNullWhen(false)] out T value)
    {
        Versioned<T> found = Call("try_get", name).Result<Versioned<T>>();
        value = found.Value;
        return found.Exists;
    }

    /// <summary>Reads the value of a name; the default if there is none.</summary>
    public async Task<(bool IsFound, T? Value)> TryGetAsync<T>(string name, CancellationToken cancellationToken = default)
    {
        Versioned<T> found = await CallAsync("try_get", name).ResultAsync<Versioned<T>>(cancellationToken).ConfigureAwait(false);
        return (found.Exists, found.Value);
    }

    /// <summary>Adds a name or replaces its value.</summary>
    public void Set<T>(string name, T value) => Call("set", name, value).Wait();

    /// <summary>Adds a name or replaces its value.</summary>
    public Task SetAsync<T>(string name, T value, CancellationToken cancellationToken = default) =>
        CallAsync("set", name, value).WaitAsync(cancellationToken);

    /// <summary>Reads the values of several names, at one moment; names that do not exist are left out.</summary>
    /// <typeparam name="T">The type of all these values.</typeparam>
    public IReadOnlyDictionary<string, T> GetMany<T>(params IEnumerable<string> names)
    {
        string[] wanted = [.. names];
        return Versioned<T>.Existing(wanted, Call("get_many", new Elements<string>(wanted)).Result<Elements<Versioned<T>>>());
    }

    /// <summary>The awaitable twin of <see cref="GetMany{T}"/>.</summary>
    /// <inheritdoc cref="GetMany{T}"/>
    public async Task<IReadOnlyDictionary<string, T>> GetManyAsync<T>(IEnumerable<string> names, CancellationToken cancellationToken = default)
    {
        string[] wanted = [.. names];
        PendingCall call = CallAsync("get_many", new Elements<string>(wanted));
        return Versioned<T>.Existing(wanted, await call.ResultAsync<Elements<Versioned<T>>>(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Adds or replaces several names at once: nobody sees some of them without the others.</summary>
    /// <param name="values">The names and values, each written as the type that it is.</param>
    public void SetMany(IReadOnlyDictionary<string, object?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Call("update", new NamespaceValues(values)).Wait();
    }

    /// <summary>The awaitable twin of <see cref="SetMany"/>.</summary>
    /// <inheritdoc cref="SetMany"/>
    public Task SetManyAsync(IReadOnlyDictionary<string, object?> values, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        return CallAsync("update", new NamespaceValues(values)).WaitAsync(cancellationToken);
    }

    /// <summary>A copy of the whole namespace, as it is at one moment.</summary>
    /// <typeparam name="T">The type of all its values.</typeparam>
    public IReadOnlyDictionary<string, T> ToDictionary<T>() => Call("snapshot").Result<Dictionary<string, T>>();

    /// <summary>The awaitable twin of <see cref="ToDictionary{T}"/>.</summary>
    /// <inheritdoc cref="ToDictionary{T}"/>
    public async Task<IReadOnlyDictionary<string, T>> ToDictionaryAsync<T>(CancellationToken cancellationToken = default) =>
        await CallAsync("snapshot").ResultAsync<Dictionary<string, T>>(cancellationToken).ConfigureAwait(false);

    /// <summary>Replaces the value of a name if there is one that equals <paramref name="expected"/>; otherwise returns false.</summary>
    /// <remarks>Equal are values that are the same in a message.</remarks>
    public bool CompareExchange<T>(string name, T expected, T value) => Call("exchange_equal", name, expected, value).Result<bool>();

    /// <summary>The awaitable twin of <see cref="CompareExchange{T}"/>.</summary>
    /// <inheritdoc cref="CompareExchange{T}"/>
    public Task<bool> CompareExchangeAsync<T>(string name, T expected, T value, CancellationToken cancellationToken = default) =>
        CallAsync("exchange_equal", name, expected, value).ResultAsync<bool>(cancellationToken);

    /// <summary>Whether there is a name.</summary>
    public bool Contains(string name) => Call("contains", name).Result<bool>();

    /// <summary>The awaitable twin of <see cref="Contains"/>.</summary>
    /// <inheritdoc cref="Contains"/>
    public Task<bool> ContainsAsync(string name, CancellationToken cancellationToken = default) =>
        CallAsync("contains", name).ResultAsync<bool>(cancellationToken);

    /// <summary>Removes a name; false if there is none.</summary>
    public bool Remove(string name) => Call("remove", name).Result<bool>();

    /// <summary>The awaitable twin of <see cref="Remove"/>.</summary>
    /// <inheritdoc cref="Remove"/>
    public Task<bool> RemoveAsync(string name, CancellationToken cancellationToken = default) =>
        CallAsync("remove", name).ResultAsync<bool>(cancellationToken);

    /// <summary>Adds to the number of a name, which counts as 0 if there is none, and returns the sum.</summary>
    /// <exception cref="InvalidOperationException">It is no number.</exception>
    public T Increment<T>(string name, T by) => Call("increment", name, by).Result<T>();

    /// <inheritdoc cref="Increment{T}"/>
    public Task<T> IncrementAsync<T>(string name, T by, CancellationToken cancellationToken = default) =>
        CallAsync("increment", name, by).ResultAsync<T>(cancellationToken);

    /// <summary>Changes the value of a name by a function, which runs again if somebody else changed it meanwhile.</summary>
    /// <param name="name">The name; it is added if there is none.</param>
    /// <param name="change">
    /// Given the value, or the default if there is none, returns the new one; should do nothing else, since it may run several times.
    /// </param>
    /// <returns>The new value.</returns>
    public T Update<T>(string name, Func<T?, T> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        while (true)
        {
            Versioned<T> current = Call("try_get", name).Result<Versioned<T>>();
            T value = change(current.Value);
            if (Call("compare_exchange", name, current.Version, value).Result<bool>())
            {
                return value;
            }
        }
    }

    /// <inheritdoc cref="Update{T}"/>
    /// <remarks>Cancelled, it has changed nothing, or all.</remarks>
    public async Task<T> UpdateAsync<T>(string name, Func<T?, T> change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        while (true)
        {
            Versioned<T> current = await CallAsync("try_get", name).ResultAsync<Versioned<T>>(cancellationToken).ConfigureAwait(false);
            T value = change(current.Value);
            if (await CallAsync("compare_exchange", name, current.Version, value).ResultAsync<bool>(cancellationToken).ConfigureAwait(false))
            {
                return value;
            }
        }
    }

    /// <summary>Tells of each change from now on, until the enumeration is left.</summary>
    public IAsyncEnumerable<SharedChange<string>> WatchAsync(CancellationToken cancellationToken = default) =>
        ChangeStream.ReadAsync<string>(this, cancellationToken);

    /// <summary>The names and values at one moment, by name: <c>Namespace(x = 1, y = 'text')</c>. One call.</summary>
    public override string ToString()
    {
        PendingCall call = Call("text");
        call.Wait();
        var reader = new MessagePackReader(call.Answer);
        var members = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            string name = reader.ReadString()!;
            int start = (int)reader.Consumed;
            reader.Skip();
            if (!name.StartsWith('_'))
            {
                members[name] = ValueText.Of(call.Answer[start..(int)reader.Consumed]);
            }
        }

        return $"Namespace({string.Join(", ", members.Select(member => $"{member.Key} = {member.Value}"))})";
    }

    static SharedNamespace ISharedProxy<SharedNamespace>.From(SharedReference reference) => new(reference);
}
