using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// A way to a server that hosts shared objects: creates them, and gives out proxies. The counterpart of Python's
/// <c>multiprocessing.Manager()</c>.
/// </summary>
/// <remarks>
/// <see cref="Start"/> starts a server in a worker of its own, which ends with this object or this process. <see cref="Connect"/>
/// uses one that runs already, also one that another program has started. All that this process does with one server travels over
/// one connection, however many managers and proxies it has. All members are safe to call from any thread.
/// </remarks>
[StaysHere("pass on a proxy, or its address and key, and connect there")]
public sealed partial class Manager : IDisposable, IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly ManagerClient _client;
    private readonly WorkerProcess? _worker;
    private readonly Connection? _control;
    private int _isDisposed;

    private Manager(ManagerClient client, WorkerProcess? worker, Connection? control) =>
        (_client, _worker, _control) = (client, worker, control);

    /// <summary>Where the server is found.</summary>
    public ConnectionAddress Address => _client.Address;

    /// <summary>The server's worker; <see langword="null"/> for a server that this manager did not start.</summary>
    public WorkerProcess? Worker => _worker;

    /// <summary>What clients of the server must know.</summary>
    public AuthenticationKey Key => _client.Key;

    private ManagerClient Client
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
            return _client;
        }
    }

    /// <summary>Starts a server in a worker process and waits until it serves.</summary>
    /// <param name="options">Where, for whom, and what types; a private server for this program's processes unless given.</param>
    /// <exception cref="IOException">The address is in use.</exception>
    /// <exception cref="RemoteException">The initializer or the registration of a type threw.</exception>
    public static Manager Start(ManagerOptions? options = null) => StartAsync(options).GetAwaiter().GetResult();

    /// <summary>The awaitable twin of <see cref="Start"/>.</summary>
    /// <inheritdoc cref="Start"/>
    public static async Task<Manager> StartAsync(ManagerOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ManagerOptions();
        (Connection control, Connection workerControl) = Pipe.Create();
        WorkerProcess worker = ManagerWorker.Describe(options, workerControl);
        try
        {
            worker.Start();
            (string address, byte[] key) = await ManagerWorker.ReadyAsync(worker, control, cancellationToken).ConfigureAwait(false);
            ManagerClient client = ManagerClient.For(ConnectionAddress.Parse(address), AuthenticationKey.FromBytes(key));
            try
            {
                client.Open();
            }
            catch
            {
                client.Leave();
                throw;
            }

            return new Manager(client, worker, control);
        }
        catch
        {
            control.Dispose();
            await worker.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Connects to a server that runs already.</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="key">Its key.</param>
    /// <exception cref="ManagerDisconnectedException">It cannot be reached, or is of another version.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">It has another key, or not the expected certificate.</exception>
    public static Manager Connect(ConnectionAddress address, AuthenticationKey key)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(key);
        ManagerClient client = ManagerClient.For(address, key);
        try
        {
            client.Open();
            return new Manager(client, null, null);
        }
        catch
        {
            client.Leave();
            throw;
        }
    }

    /// <summary>The awaitable twin of <see cref="Connect"/>.</summary>
    /// <inheritdoc cref="Connect"/>
    public static Task<Manager> ConnectAsync(ConnectionAddress address, AuthenticationKey key) => Task.Run(() => Connect(address, key));

    /// <summary>What the server hosts now, and for whom.</summary>
    public ManagerInspection Inspect() => Ask("inspect").Result<ManagerInspection>();

    /// <summary>The awaitable twin of <see cref="Inspect"/>.</summary>
    public Task<ManagerInspection> InspectAsync(CancellationToken cancellationToken = default) =>
        Ask("inspect").ResultAsync<ManagerInspection>(cancellationToken);

    /// <summary>
    /// Gives the object a name, under which any process that has the manager can open it (<see cref="OpenList"/> and its siblings). The name keeps it alive
    /// until it is withdrawn.
    /// </summary>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
    public void Publish(string name, ManagerProxy proxy)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        Client.Begin(ManagerProtocol.Server, "publish", 2, (name, proxy.Number), WriteNameAndReference, isAwaited: false, proxy).Wait();
    }

    /// <summary>Takes a name back; false if no object has it.</summary>
    public bool Withdraw(string name) => Ask("withdraw", name).Result<bool>();

    /// <summary>
    /// Lets go of the server. One that this manager started is shut down: every client is told, and what is hosted there is gone. If
    /// it does not end within five seconds it is killed.
    /// </summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>The awaitable twin of <see cref="Dispose"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _client.Leave();
        if (_worker is null)
        {
            return;
        }

        _control!.Dispose();
        await Task.WhenAny(_worker.Sentinel, Task.Delay(s_patience)).ConfigureAwait(false);
        await _worker.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Text for people: where the server is.</summary>
    public override string ToString() => $"Manager at {Address}{(_isDisposed == 0 ? "" : " (disposed)")}";

    private PendingCall Ask(string command) =>
        Client.Begin(ManagerProtocol.Server, command, 0, 0, static (ref MessagePackWriter _, int _) => { }, isAwaited: false);

    private PendingCall Ask(string command, string argument, bool isAwaited = false) => Client.Begin(
        ManagerProtocol.Server, command, 1, argument, static (ref MessagePackWriter writer, string text) => writer.Write(text), isAwaited);

    private static void WriteNameAndReference(ref MessagePackWriter writer, (string Name, ulong Number) state)
    {
        writer.Write(state.Name);
        ManagerReference.Write(ref writer, state.Number);
    }
}
