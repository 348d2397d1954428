using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>A reference to an object that lives in a manager's server. Each call is one message there and one back.</summary>
/// <remarks>
/// <para>
/// A proxy can be an argument of a worker, can be sent over any connection or queue of this program's processes, and can be
/// stored in another shared object of the same manager; whoever gets it needs nothing else to use it. It is refused in messages to
/// a process that this program did not start.
/// </para>
/// <para>
/// The object lives as long as anybody refers to it: a proxy in any process, a message on its way, a value of another shared
/// object. What a killed process referred to, or held, is given back as soon as its connection ends. All members of all proxies
/// are safe to call from any thread; calls of one process are begun in its order. When the server is gone, every call, also one
/// that waits, ends with a <see cref="ManagerDisconnectedException"/> at once.
/// </para>
/// <para>
/// Time-outs and cancellation are carried out by the server. If it does not answer, because it is stopped or cut off, the call ends
/// ten seconds later with a <see cref="TimeoutException"/> or an <see cref="OperationCanceledException"/> that says so; a lock that
/// the server gives it after all is released, an item is lost. A call without either waits until the server goes on, or is found
/// to be gone: over a network within about a minute, or as soon as the system gives up what it has sent.
/// </para>
/// </remarks>
public abstract class ManagerProxy : IDisposable, IEquatable<ManagerProxy>
{
    private readonly SharedReference _reference;

    private protected ManagerProxy(SharedReference reference) => _reference = reference;

    /// <summary>Where the object's server is found.</summary>
    public ConnectionAddress Address => Client.Address;

    internal ulong Number => _reference.Number;

    internal SharedReference Reference => _reference;

    internal ManagerClient Client
    {
        get
        {
            ObjectDisposedException.ThrowIf(_reference.IsClosed, this);
            return _reference.Client;
        }
    }

    /// <summary>Whether both refer to the same object, in whatever way they came here.</summary>
    public static bool operator ==(ManagerProxy? left, ManagerProxy? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether they refer to different objects.</summary>
    public static bool operator !=(ManagerProxy? left, ManagerProxy? right) => !(left == right);

    /// <summary>Gives the reference up. The object lives on as long as others refer to it.</summary>
    public void Dispose()
    {
        _reference.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public bool Equals(ManagerProxy? other) => other is not null && Number == other.Number && _reference.Client.Address == other._reference.Client.Address;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ManagerProxy);

    /// <inheritdoc/>
    public override int GetHashCode() => Number.GetHashCode();

    /// <summary>What the server says about the object. One call.</summary>
    public override string ToString()
    {
        if (_reference.IsClosed)
        {
            return $"{GetType().Name} (disposed)";
        }

        try
        {
            return Server("describe", Number).Result<string>();
        }
        catch (Exception error) when (error is ManagerDisconnectedException or ObjectDisposedException)
        {
            return $"{GetType().Name} ({error.Message})";
        }
    }

    private protected PendingCall Call(string method, bool isAwaited = false) =>
        Client.Begin(Number, method, 0, 0, static (ref MessagePackWriter _, int _) => { }, isAwaited, this);

    private protected PendingCall Call<T>(string method, T argument, bool isAwaited = false) =>
        Client.Begin(Number, method, 1, (argument, Client.Origin), Write, isAwaited, this);

    private protected PendingCall Call<T1, T2>(string method, T1 first, T2 second, bool isAwaited = false) =>
        Client.Begin(Number, method, 2, (first, second, Client.Origin), Write, isAwaited, this);

    private protected PendingCall Call<T1, T2, T3>(string method, T1 first, T2 second, T3 third, bool isAwaited = false) =>
        Client.Begin(Number, method, 3, (first, second, third, Client.Origin), Write, isAwaited, this);

    private protected PendingCall CallAsync(string method) => Call(method, isAwaited: true);

    private protected PendingCall CallAsync<T>(string method, T argument) => Call(method, argument, isAwaited: true);

    private protected PendingCall CallAsync<T1, T2>(string method, T1 first, T2 second) => Call(method, first, second, isAwaited: true);

    private protected PendingCall CallAsync<T1, T2, T3>(string method, T1 first, T2 second, T3 third) =>
        Call(method, first, second, third, isAwaited: true);

    /// <summary>A time-out as it stands in a request: whole milliseconds, rounded up; none if it never comes.</summary>
    private protected static long? Milliseconds(TimeSpan? timeout) =>
        timeout is not { } time || time == Timeout.InfiniteTimeSpan ? null : Math.Max(0, (long)Math.Ceiling(time.TotalMilliseconds));

    private PendingCall Server(string command, ulong argument) => Client.Begin(
        ManagerProtocol.Server, command, 1, argument, static (ref MessagePackWriter writer, ulong number) => writer.Write(number), isAwaited: false, this);

    private static void Write<T>(ref MessagePackWriter writer, (T Argument, MessageOrigin Origin) state) =>
        MessageSerializer.Write(ref writer, state.Argument, state.Origin);

    private static void Write<T1, T2>(ref MessagePackWriter writer, (T1 First, T2 Second, MessageOrigin Origin) state)
    {
        MessageSerializer.Write(ref writer, state.First, state.Origin);
        MessageSerializer.Write(ref writer, state.Second, state.Origin);
    }

    private static void Write<T1, T2, T3>(ref MessagePackWriter writer, (T1 First, T2 Second, T3 Third, MessageOrigin Origin) state)
    {
        MessageSerializer.Write(ref writer, state.First, state.Origin);
        MessageSerializer.Write(ref writer, state.Second, state.Origin);
        MessageSerializer.Write(ref writer, state.Third, state.Origin);
    }
}
