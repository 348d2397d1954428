using System.Security.Authentication;

namespace IpcDemos.Shared.Channels;

public sealed partial class Connection
{
    /// <summary>Where the other side connected from, for connections that a listener accepted over TCP; otherwise <see langword="null"/>.</summary>
    public string? RemoteAddress { get; private init; }

    /// <summary>Connects to a <see cref="ConnectionListener"/>, or to a Python <c>Listener</c>. Blocks until both sides have proved themselves.</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="key">The key that both sides must know; <see langword="null"/> if the listener asks for none.</param>
    /// <param name="options">Time-out, limits; the usual ones unless given.</param>
    /// <exception cref="AuthenticationException">The listener has another key or none, or its certificate is not the expected one.</exception>
    /// <exception cref="TimeoutException">It did not answer in time; it may be asking for no key.</exception>
    /// <exception cref="IOException">Nobody listens there, or the connection broke.</exception>
    /// <exception cref="UnauthorizedAccessException">Another user's process listens there.</exception>
    /// <remarks>
    /// The counterpart of Python's <c>Client</c>. Costs a connection and, with a key, three messages each way. Python up to 3.11
    /// needs <see cref="ConnectionOptions.AllowLegacyDigest"/>. With Python, exchange bytes: what its <c>send</c> writes is in a
    /// format of its own.
    /// </remarks>
    public static Connection Connect(ConnectionAddress address, AuthenticationKey? key = null, ConnectionOptions? options = null) =>
        ConnectAsync(address, key, options).GetAwaiter().GetResult();

    /// <summary>The awaitable twin of <see cref="Connect"/>.</summary>
    /// <param name="address">As in <see cref="Connect"/>.</param>
    /// <param name="key">As in <see cref="Connect"/>.</param>
    /// <param name="options">As in <see cref="Connect"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="Connect"/>
    public static async Task<Connection> ConnectAsync(
        ConnectionAddress address,
        AuthenticationKey? key = null,
        ConnectionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        options ??= new ConnectionOptions();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(options.HandshakeTimeout);
        Connection? connection = null;
        try
        {
            Stream stream = await ConnectionEndpoint.ConnectAsync(address, stop.Token).ConfigureAwait(false);
            connection = new Connection(stream, options, null);
            if (key is not null)
            {
                await new Handshake(connection, key, options.AllowLegacyDigest).AsClientAsync(stop.Token).ConfigureAwait(false);
            }

            return connection;
        }
        catch (Exception error)
        {
            connection?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (error is OperationCanceledException)
            {
                throw new TimeoutException(
                    $"The listener at '{address}' did not answer within {options.HandshakeTimeout}."
                    + (connection is null || key is null ? "" : " It may be asking for no key."),
                    error);
            }

            throw;
        }
    }

    /// <summary>Takes over a connected two-way stream.</summary>
    internal Connection(Stream stream, ConnectionOptions options, string? remoteAddress)
        : this(StreamTransport.Over(stream), options.Origin)
    {
        _maximumLength = options.MaximumMessageLength;
        RemoteAddress = remoteAddress;
    }
}
