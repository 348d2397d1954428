using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>One value that lives in a manager's server. The counterpart of Python's <c>manager.Value()</c>.</summary>
/// <remarks>
/// What is read is a copy. Each call is atomic by itself and costs one message each way; <c>v.Value += x</c> is two, so use
/// <see cref="Increment"/> or <see cref="Update"/> where others may come between. Processes of one machine that share numbers at
/// memory's speed use <c>SharedValue</c> instead.
/// </remarks>
/// <typeparam name="T">The value's type.</typeparam>
[MessagePackFormatter(typeof(SharedVariable<>.Formatter))]
public sealed class SharedVariable<T> : ManagerProxy, ISharedProxy<SharedVariable<T>>
{
    private SharedVariable(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>The value.</summary>
    public T Value
    {
        get => Call("get").Result<T>();
        set => Call("set", value).Wait();
    }

    static string ISharedProxy<SharedVariable<T>>.TypeName => "value";

    /// <summary>Reads the value.</summary>
    public Task<T> GetAsync(CancellationToken cancellationToken = default) => CallAsync("get").ResultAsync<T>(cancellationToken);

    /// <summary>Replaces the value.</summary>
    public Task SetAsync(T value, CancellationToken cancellationToken = default) => CallAsync("set", value).WaitAsync(cancellationToken);

    /// <summary>Replaces the value and returns the one that it had.</summary>
    public T Exchange(T value) => Call("exchange", value).Result<T>();

    /// <summary>The awaitable twin of <see cref="Exchange"/>.</summary>
    /// <inheritdoc cref="Exchange"/>
    public Task<T> ExchangeAsync(T value, CancellationToken cancellationToken = default) =>
        CallAsync("exchange", value).ResultAsync<T>(cancellationToken);

    /// <summary>Replaces the value if it equals <paramref name="expected"/>; otherwise returns false. Equal are values that are the same in a message.</summary>
    public bool CompareExchange(T expected, T value) => Call("exchange_equal", expected, value).Result<bool>();

    /// <summary>The awaitable twin of <see cref="CompareExchange"/>.</summary>
    /// <inheritdoc cref="CompareExchange"/>
    public Task<bool> CompareExchangeAsync(T expected, T value, CancellationToken cancellationToken = default) =>
        CallAsync("exchange_equal", expected, value).ResultAsync<bool>(cancellationToken);

    /// <summary>Adds to the number and returns the sum.</summary>
    /// <exception cref="InvalidOperationException">It is no number.</exception>
    public T Increment(T by) => Call("increment", by).Result<T>();

    /// <inheritdoc cref="Increment"/>
    public Task<T> IncrementAsync(T by, CancellationToken cancellationToken = default) => CallAsync("increment", by).ResultAsync<T>(cancellationToken);

    /// <summary>Changes the value by a function, which runs again if somebody else changed it meanwhile.</summary>
    /// <param name="change">Given the value, returns the new one; should do nothing else, since it may run several times.</param>
    /// <returns>The new value.</returns>
    public T Update(Func<T, T> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        while (true)
        {
            Versioned<T> current = Call("try_get").Result<Versioned<T>>();
            T value = change(current.Value);
            if (Call("compare_exchange", current.Version, value).Result<bool>())
            {
                return value;
            }
        }
    }

    /// <inheritdoc cref="Update"/>
    /// <remarks>Cancelled, it has changed nothing, or all.</remarks>
    public async Task<T> UpdateAsync(Func<T, T> change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        while (true)
        {
            Versioned<T> current = await CallAsync("try_get").ResultAsync<Versioned<T>>(cancellationToken).ConfigureAwait(false);
            T value = change(current.Value);
            if (await CallAsync("compare_exchange", current.Version, value).ResultAsync<bool>(cancellationToken).ConfigureAwait(false))
            {
                return value;
            }
        }
    }

    /// <summary>Tells of each change from now on, until the enumeration is left. Their keys mean nothing.</summary>
    public IAsyncEnumerable<SharedChange<int>> WatchAsync(CancellationToken cancellationToken = default) =>
        ChangeStream.ReadAsync<int>(this, cancellationToken);

    static SharedVariable<T> ISharedProxy<SharedVariable<T>>.From(SharedReference reference) => new(reference);

    internal sealed class Formatter : ManagerProxyFormatter<SharedVariable<T>>;
}
