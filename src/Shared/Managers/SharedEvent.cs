using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>A flag that processes wait for, kept by a manager's server. The counterpart of Python's <c>manager.Event()</c>.</summary>
/// <remarks>Time-outs: <see langword="null"/> waits for ever, zero or less only looks.</remarks>
[MessagePackFormatter(typeof(ManagerProxyFormatter<SharedEvent>))]
public sealed class SharedEvent : ManagerProxy, ISharedProxy<SharedEvent>
{
    private SharedEvent(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>Whether it is set.</summary>
    public bool IsSet => Call("is_set").Result<bool>();

    static string ISharedProxy<SharedEvent>.TypeName => "event";

    /// <summary>Sets it: all who wait go on.</summary>
    public void Set() => Call("set").Wait();

    /// <summary>The awaitable twin of <see cref="Set"/>.</summary>
    /// <inheritdoc cref="Set"/>
    public Task SetAsync(CancellationToken cancellationToken = default) => CallAsync("set").WaitAsync(cancellationToken);

    /// <summary>Resets it: who waits from now on waits.</summary>
    public void Reset() => Call("clear").Wait();

    /// <summary>The awaitable twin of <see cref="Reset"/>.</summary>
    /// <inheritdoc cref="Reset"/>
    public Task ResetAsync(CancellationToken cancellationToken = default) => CallAsync("clear").WaitAsync(cancellationToken);

    /// <summary>Blocks until it is set; false after the time-out.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool Wait(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Call("wait", Milliseconds(timeout)).Within(timeout).Result<bool>(cancellationToken);

    /// <summary>The awaitable twin of <see cref="Wait"/>.</summary>
    /// <inheritdoc cref="Wait"/>
    public Task<bool> WaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        CallAsync("wait", Milliseconds(timeout)).Within(timeout).ResultAsync<bool>(cancellationToken);

    static SharedEvent ISharedProxy<SharedEvent>.From(SharedReference reference) => new(reference);
}
