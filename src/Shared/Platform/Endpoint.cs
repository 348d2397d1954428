using System.Net;
using System.Net.Sockets;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Where connections are accepted as two-way streams: a TCP port, a Unix socket, or a Windows pipe. Of local ones only those
/// of the same user's processes are given out.
/// </summary>
internal abstract class Endpoint : IDisposable
{
    /// <summary>The TCP port that is listened at; 0 for local endpoints.</summary>
    public virtual int Port => 0;

    /// <exception cref="SocketException">The address is not this machine's, or is in use.</exception>
    public static Endpoint ListenTcp(IPAddress address, int port, int backlog)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // On Unix the framework already lets a port be taken that only connections in TIME_WAIT still use. Its options of
            // these names must be left alone there: set either way, they share the port with whoever listens at it.
            if (OperatingSystem.IsWindows())
            {
                socket.ExclusiveAddressUse = true;
            }

            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(backlog);
            return new SocketEndpoint(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="SocketException">The name is taken, or cannot be created.</exception>
    public static Endpoint ListenUnix(string path, int backlog) => OperatingSystem.IsWindows()
        ? throw new PlatformNotSupportedException($"The Unix socket '{path}' cannot be used on Windows.")
        : new SocketEndpoint(LocalSocket.Listen(path, backlog));

    /// <exception cref="UnauthorizedAccessException">The name is taken.</exception>
    public static Endpoint ListenPipe(string name) => new PipeEndpoint(name);

    public static Task<Stream> ConnectTcpAsync(string host, int port, CancellationToken cancellationToken) =>
        ConnectAsync(static () => new Socket(SocketType.Stream, ProtocolType.Tcp), new DnsEndPoint(host, port), cancellationToken);

    public static Task<Stream> ConnectUnixAsync(string path, CancellationToken cancellationToken) => OperatingSystem.IsWindows()
        ? throw new PlatformNotSupportedException($"The Unix socket '{path}' cannot be used on Windows.")
        : ConnectAsync(
            () => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
            LocalSocket.EndPointOf(path),
            cancellationToken);

    /// <exception cref="IOException">Nobody listens there.</exception>
    public static Task<Stream> ConnectPipeAsync(string name, CancellationToken cancellationToken) =>
        Task.Run<Stream>(() => LocalPipe.Connect(name, cancellationToken), CancellationToken.None);

    /// <summary>Accepts the next connection.</summary>
    /// <exception cref="SocketException">The system refused: too many files are open.</exception>
    public abstract Task<Stream> AcceptAsync(CancellationToken cancellationToken);

    public abstract void Dispose();

    // Connects on a thread of its own, not with the framework's asynchronous call: that one ties the descriptor to its event
    // thread for good (UnixSocketEnd.TakeOver). Closing the socket is what ends the call early.
    private static async Task<Stream> ConnectAsync(Func<Socket> create, EndPoint address, CancellationToken cancellationToken)
    {
        Socket socket = create();
        try
        {
            using (cancellationToken.UnsafeRegister(static state => ((Socket)state!).Dispose(), socket))
            {
                await Task.Run(() => socket.Connect(address), CancellationToken.None).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (address is DnsEndPoint)
            {
                // Not before: of a host with several addresses the framework tries the next one only with a socket nobody has touched.
                Configure(socket);
            }

            return address is UnixDomainSocketEndPoint && !PeerCredentials.IsSameUser(socket)
                ? throw new UnauthorizedAccessException($"Another user listens at '{address}'.")
                : new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <summary>
    /// Small messages leave at once, and that a peer is cut off, or its machine gone, is noticed within about a minute while nothing is
    /// sent. What was sent and is not acknowledged the system sends again for as long as it is set to: a limit on that (Linux has one)
    /// would also end connections to a peer that is there and only does not read.
    /// </summary>
    private static void Configure(Socket socket)
    {
        const int seconds = 30;
        const int intervalSeconds = 10;
        const int probes = 3;
        try
        {
            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, intervalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, probes);
        }
        catch (SocketException)
        {
            // An old system knows only some of it; or the peer has gone already, which the first read will tell.
        }
    }

    private sealed class SocketEndpoint(Socket socket) : Endpoint
    {
        private const int LongestWaitMilliseconds = 5_000;

        private readonly Lock _lock = new();
        private Task _accepting = Task.CompletedTask;

        public override int Port => socket.LocalEndPoint is IPEndPoint { Port: var port } ? port : 0;

        public override async Task<Stream> AcceptAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                Task<Socket> accepting;
                lock (_lock)
                {
                    // In one: a disposal in between would not know whom to wait for.
                    accepting = socket.AcceptAsync(cancellationToken).AsTask();
                    _accepting = accepting;
                }

                Socket peer = await accepting.ConfigureAwait(false);
                if (peer.AddressFamily != AddressFamily.Unix)
                {
                    Configure(peer);
                    return new NetworkStream(peer, ownsSocket: true);
                }

                if (PeerCredentials.IsSameUser(peer))
                {
                    return new NetworkStream(peer, ownsSocket: true);
                }

                peer.Dispose();
            }
        }

        /// <summary>
        /// When this returns, the address can be listened at anew. Shuts the socket down, too: a process that another thread is just
        /// starting has a copy of it for a moment, in which it would still be listened at, by nobody.
        /// </summary>
        public override void Dispose()
        {
            try
            {
                socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // Not every system knows that of a socket that listens. It is closed then, as soon as the last copy is.
            }

            socket.Dispose();

            // On Windows the system may listen (Wine does) until the call that waits there has come back. It comes back at once, unless
            // the thread pool has no thread for it.
            Task last;
            lock (_lock)
            {
                last = _accepting;
            }

            _ = Task.WaitAny([last], LongestWaitMilliseconds);
        }
    }

    private sealed class PipeEndpoint(string name) : Endpoint
    {
        private readonly LocalPipe _pipe = new(name);

        public override Task<Stream> AcceptAsync(CancellationToken cancellationToken) => _pipe.AcceptAsync(cancellationToken);

        public override void Dispose() => _pipe.Dispose();
    }
}
