using System.Net.Sockets;
using System.Threading.Channels;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// Waits at an address for other processes to connect, also ones that this program did not start, and Python ones. The
/// counterpart of <c>multiprocessing.connection.Listener</c>.
/// </summary>
/// <remarks>
/// <para>
/// With a key, each client proves that it knows the key, and is given proof in return, before it is accepted; the key itself
/// is not sent. Handshakes run beside each other and on the clock, so that a client that is silent, slow or hostile holds up
/// neither <see cref="Accept"/> nor another client: it is turned away, and <see cref="Rejected"/> tells.
/// </para>
/// <para>
/// Local endpoints serve processes of the same user only. What comes over an accepted connection is read as a stranger's,
/// unless <see cref="ConnectionOptions.Origin"/> says otherwise. All members are safe to call from any thread.
/// </para>
/// </remarks>
[StaysHere("pass on its address, and connect there, or a connection that it accepted")]
public sealed class ConnectionListener : IWaitable, IDisposable
{
    private readonly AuthenticationKey? _key;
    private readonly ConnectionListenerOptions _options;
    private readonly Endpoint _endpoint;
    private readonly Channel<Connection> _ready = Channel.CreateUnbounded<Connection>();
    private readonly SemaphoreSlim _taken = new(0);
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private readonly LinkedList<PendingClient> _handshakes = [];
    private int _isClosed;

    /// <summary>Listens from now on.</summary>
    /// <param name="address">Where; <see langword="null"/>: at a new local endpoint (<see cref="ConnectionAddress.CreateLocal"/>).</param>
    /// <param name="key">What clients must know. Local endpoints do without if it is <see langword="null"/>; TCP ones do not.</param>
    /// <param name="options">Time-outs and limits; the usual ones unless given.</param>
    /// <exception cref="ArgumentException">A TCP address without a key, or a TLS one without a certificate.</exception>
    /// <exception cref="IOException">The address is in use, or is not this machine's.</exception>
    public ConnectionListener(
        ConnectionAddress? address = null, AuthenticationKey? key = null, ConnectionListenerOptions? options = null)
    {
        address ??= ConnectionAddress.CreateLocal();
        options ??= new ConnectionListenerOptions();
        ThrowIfUnprotected(address, key, options);
        (_key, _options) = (key, options);
        _endpoint = ConnectionEndpoint.Listen(address, options.Backlog);
        Address = address.IsNetwork ? address.WithPort(_endpoint.Port) : address;
        if (options.Certificate is { } certificate && address.Kind == ConnectionAddressKind.Tls)
        {
            Address = Address.WithFingerprint(ConnectionEndpoint.FingerprintOf(certificate));
        }

        _ = ListenAsync();
    }

    /// <summary>A client was turned away. Raised on a thread of the thread pool.</summary>
    public event EventHandler<ConnectionRejectedEventArgs>? Rejected;

    /// <summary>Where clients find the listener: with the port that it really has, and its certificate's fingerprint.</summary>
    public ConnectionAddress Address { get; }

    /// <summary>Whether a client can be accepted without waiting.</summary>
    bool IWaitable.IsReady => _ready.Reader.Count > 0;

    /// <summary>Waits for the next client that has proved itself. Clients are accepted in the order in which they have.</summary>
    /// <param name="timeout">How long; <see langword="null"/> or <see cref="Timeout.InfiniteTimeSpan"/>: for ever; zero or less only looks.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="TimeoutException">Nobody came in time.</exception>
    /// <exception cref="ObjectDisposedException">The listener is closed, or was closed meanwhile.</exception>
    public Connection Accept(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(Deadline.After(timeout).Remaining);
        try
        {
            return AcceptAsync(stop.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No client connected to '{Address}' within {timeout}.", error);
        }
    }

    /// <summary>The awaitable twin of <see cref="Accept"/>.</summary>
    /// <inheritdoc cref="Accept"/>
    public async ValueTask<Connection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        Connection? connection;
        while (!_ready.Reader.TryRead(out connection))
        {
            if (!await _ready.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                throw Closed();
            }
        }

        _ = _taken.Release();
        return connection;
    }

    /// <inheritdoc/>
    async Task IWaitable.WaitReadyAsync(CancellationToken cancellationToken)
    {
        if (!await _ready.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            throw Closed();
        }
    }

    /// <summary>Stops listening. Clients that were not accepted are disconnected; accepted connections go on.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return;
        }

        _closing.Cancel();
        _endpoint.Dispose();
        _ = _ready.Writer.TryComplete();
        while (_ready.Reader.TryRead(out Connection? connection))
        {
            connection.Dispose();
        }
    }

    /// <summary>Text for people: where it listens.</summary>
    public override string ToString() => $"ConnectionListener ({Address}{(_isClosed == 0 ? "" : ", closed")})";

    private static void ThrowIfUnprotected(ConnectionAddress address, AuthenticationKey? key, ConnectionListenerOptions options)
    {
        if (address.IsNetwork && key is null)
        {
            throw new ArgumentException(
                $"A listener at '{address}' can be reached by anybody on the network, so it needs a key.", nameof(key));
        }

        if (address.Kind == ConnectionAddressKind.Tls && options.Certificate is not { HasPrivateKey: true })
        {
            throw new ArgumentException(
                $"A listener at '{address}' needs a certificate with its private key ({nameof(options.Certificate)}).", nameof(options));
        }
    }

    private async Task ListenAsync()
    {
        CancellationToken closing = _closing.Token;
        while (!closing.IsCancellationRequested)
        {
            try
            {
                while (_ready.Reader.Count >= _options.Backlog)
                {
                    await _taken.WaitAsync(closing).ConfigureAwait(false);
                }

                Stream stream = await _endpoint.AcceptAsync(closing).ConfigureAwait(false);
                _ = ReceiveAsync(stream);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                // It was closed.
            }
            catch (Exception error) when (error is SocketException or IOException)
            {
                // Too many files are open, as a rule: whoever has been silent longest makes room, and the system gets a moment.
                LetOldestGiveWay(error);
                await Task.Delay(20, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sees one client through its handshake. Never throws: what is wrong with a client is only its own affair.</summary>
    private async Task ReceiveAsync(Stream stream)
    {
        using var client = new PendingClient(stream, _options.HandshakeTimeout, _closing.Token);
        LinkedListNode<PendingClient> entry = Enter(client);
        Connection? connection = null;
        try
        {
            Stream encrypted = Address.Kind == ConnectionAddressKind.Tls
                ? await ConnectionEndpoint.EncryptAsync(stream, _options.Certificate!, client.Stop).ConfigureAwait(false)
                : stream;
            connection = new Connection(encrypted, _options, client.RemoteAddress);
            if (_key is not null)
            {
                await new Handshake(connection, _key, _options.AllowLegacyDigest).AsListenerAsync(client.Stop).ConfigureAwait(false);
            }

            if (!_ready.Writer.TryWrite(connection))
            {
                connection.Dispose();
            }
        }
        catch (Exception error)
        {
            connection?.Dispose();
            await stream.DisposeAsync().ConfigureAwait(false);
            Reject(client, error);
        }
        finally
        {
            Leave(entry);
        }
    }

    private LinkedListNode<PendingClient> Enter(PendingClient client)
    {
        lock (_lock)
        {
            if (_handshakes.Count >= _options.MaximumHandshakes)
            {
                LetOldestGiveWay(new IOException(
                    "More clients connected than may be proving themselves at the same time, and this one had been at it longest."));
            }

            return _handshakes.AddLast(client);
        }
    }

    private void LetOldestGiveWay(Exception reason)
    {
        lock (_lock)
        {
            if (_handshakes.First is { } oldest)
            {
                _handshakes.RemoveFirst();
                oldest.Value.GiveWay(reason);
            }
        }
    }

    private void Leave(LinkedListNode<PendingClient> entry)
    {
        lock (_lock)
        {
            if (entry.List is not null)
            {
                _handshakes.Remove(entry);
            }
        }
    }

    private void Reject(PendingClient client, Exception error)
    {
        if (_closing.IsCancellationRequested || Rejected is not { } rejected)
        {
            return;
        }

        Exception reason = client.GaveWayBecause ?? (error is OperationCanceledException
            ? new TimeoutException($"The client did not prove that it knows the key within {_options.HandshakeTimeout}.", error)
            : error);

        // On a thread of its own, so that what a handler throws is not lost in a task that nobody awaits.
        _ = ThreadPool.UnsafeQueueUserWorkItem(
            _ => rejected(this, new ConnectionRejectedEventArgs(client.RemoteAddress, reason)), null);
    }

    private ObjectDisposedException Closed() => new(nameof(ConnectionListener), $"The listener at '{Address}' is closed.");

    private sealed class PendingClient : IDisposable
    {
        private readonly CancellationTokenSource _stop;

        public PendingClient(Stream stream, TimeSpan patience, CancellationToken closing)
        {
            RemoteAddress = AddressOf(stream);
            _stop = CancellationTokenSource.CreateLinkedTokenSource(closing);
            _stop.CancelAfter(patience);
            Stop = _stop.Token;
        }

        public string? RemoteAddress { get; }

        public CancellationToken Stop { get; }

        public Exception? GaveWayBecause { get; private set; }

        public void GiveWay(Exception because)
        {
            GaveWayBecause ??= because;
            _ = _stop.CancelAsync();
        }

        public void Dispose() => _stop.Dispose();

        private static string? AddressOf(Stream stream)
        {
            try
            {
                return stream is NetworkStream { Socket: { AddressFamily: not AddressFamily.Unix } socket } ? socket.RemoteEndPoint?.ToString() : null;
            }
            catch (SocketException)
            {
                return null; // it has gone already, as the handshake will find
            }
        }
    }
}
