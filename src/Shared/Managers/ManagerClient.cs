using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// This process's one connection to a manager's server, which all its managers and proxies for it share: any number of calls
/// are under way at once, each known by its number. Connects on first use; closed when nobody uses it any more.
/// </summary>
internal sealed partial class ManagerClient
{
    private static readonly Lock s_lock = new();
    private static readonly Dictionary<(ConnectionAddress Address, AuthenticationKey Key), ManagerClient> s_clients = [];

    [ThreadStatic]
    private static ManagerClient? s_current;

    private readonly Lazy<Connection> _connection;
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, PendingCall> _pending = [];
    private readonly Dictionary<ulong, (int Held, int Given)> _references = [];
    private ManagerDisconnectedException? _ended;
    private uint _lastCall;
    private int _users;

    private ManagerClient(ConnectionAddress address, AuthenticationKey key)
    {
        (Address, Key) = (address, key);
        _connection = new Lazy<Connection>(Connect);
    }

    public ConnectionAddress Address { get; }

    public AuthenticationKey Key { get; }

    /// <summary>Whose process the server is; as it says, since it alone knows who can know its key.</summary>
    public MessageOrigin Origin { get; private set; }

    public string ServerName { get; private set; } = "manager";

    public int ServerProcessId { get; private set; }

    /// <summary>The longest request that the server accepts, in bytes.</summary>
    public int MaximumRequestLength { get; private set; } = int.MaxValue;

    /// <summary>The client on whose behalf this thread is reading or writing a message; null outside of that.</summary>
    public static ManagerClient? Current => s_current;

    /// <summary>References that are read or written from here on are to this client's server.</summary>
    public static Scope Enter(ManagerClient client)
    {
        var scope = new Scope(s_current);
        s_current = client;
        return scope;
    }

    /// <summary>The client for a server. Each call is to be followed by one of <see cref="Leave"/>.</summary>
    public static ManagerClient For(ConnectionAddress address, AuthenticationKey key)
    {
        while (true)
        {
            ManagerClient? client;
            lock (s_lock)
            {
                if (!s_clients.TryGetValue((address, key), out client) || client._ended is not null)
                {
                    s_clients[(address, key)] = client = new ManagerClient(address, key);
                }

                client._users++;
            }

            if (!client.HasEnded())
            {
                return client;
            }

            client.Leave();
        }
    }

    /// <summary>Whether the server is gone. One that nobody has called since then may have been restarted at the same address.</summary>
    private bool HasEnded()
    {
        if (_connection.IsValueCreated && _ended is null)
        {
            _ = TryReadWhatHasCome();
        }

        return _ended is not null;
    }

    /// <summary>One user more of the same client.</summary>
    public ManagerClient Share()
    {
        lock (s_lock)
        {
            _users++;
            return this;
        }
    }

    /// <summary>One user less; the last one closes the connection.</summary>
    public void Leave()
    {
        lock (s_lock)
        {
            if (--_users > 0)
            {
                return;
            }

            if (s_clients.GetValueOrDefault((Address, Key)) == this)
            {
                _ = s_clients.Remove((Address, Key));
            }
        }

        End(new ManagerDisconnectedException($"The connection to the manager at '{Address}' was closed, because nothing here used it any more."));
    }

    /// <summary>Connects now.</summary>
    /// <exception cref="ManagerDisconnectedException">The server cannot be reached.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">It has another key.</exception>
    public void Open() => _ = _connection.Value;

    /// <summary>The server has given this process a reference, and counts it.</summary>
    public void AddReference(ulong number)
    {
        lock (_lock)
        {
            var (held, given) = _references.GetValueOrDefault(number);
            _references[number] = (held + 1, given + 1);
        }
    }

    /// <summary>
    /// One reference is not held any more. With the last one all that were given are given back by number: one that is on its way
    /// here just now is not among them, and keeps the object.
    /// </summary>
    public void RemoveReference(ulong number)
    {
        int given;
        lock (_lock)
        {
            (int held, given) = _references.GetValueOrDefault(number);
            if (held > 1)
            {
                _references[number] = (held - 1, given);
                return;
            }

            _ = _references.Remove(number);
        }

        Post(ManagerProtocol.Server, "release", number, (ulong)given);
    }

    /// <summary>One reference that the server has given, and that nobody here has taken over.</summary>
    public void GiveBack(ulong number) => Post(ManagerProtocol.Server, "release", number, 1);

    private Connection Connect()
    {
        try
        {
            Connection connection = Connection.Connect(Address, Key);
            try
            {
                ServerGreeting server = ManagerGreeting.Greet(connection, Address);
                (ServerName, ServerProcessId, MaximumRequestLength, Origin) =
                    (server.Name, server.ProcessId, server.MaximumRequestLength, server.Origin);
                return server.Connection;
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
        catch (Exception error)
        {
            ManagerDisconnectedException reason = error as ManagerDisconnectedException
                ?? new ManagerDisconnectedException($"The manager at '{Address}' cannot be reached: {error.Message}", error);
            _ended = reason; // who asks for this server next tries anew
            throw error is IOException or TimeoutException or MessagePackSerializationException or OverflowException ? reason : error;
        }
    }

    /// <summary>Until it is disposed of, this thread reads and writes on behalf of a client.</summary>
    public readonly ref struct Scope(ManagerClient? outer)
    {
        public void Dispose() => s_current = outer;
    }
}
