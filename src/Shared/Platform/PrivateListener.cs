using System.Net.Sockets;
using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Waits at an unguessable local address that only processes of the same user can use: where a worker finds its creator,
/// and where handles that were promised to another process are collected.
/// </summary>
/// <remarks>
/// Linux: a Unix socket in the abstract namespace, which has no file that a killed process could leave behind and no path to
/// take over; who connects is checked by the kernel's word on the peer's user id. Windows: a named pipe for the current user
/// only. macOS: a Unix socket in a directory of mode 0700.
/// </remarks>
internal abstract class PrivateListener : IDisposable
{
    /// <summary>What the other side passes to <see cref="Connect"/>.</summary>
    public abstract string Address { get; }

    public static PrivateListener Create()
    {
        string name = LocalEndpoints.CreateName();
        return OperatingSystem.IsWindows() ? new PipeListener(name) : new SocketListener(name);
    }

    /// <summary>Connects to the process that listens at <paramref name="address"/>; fails at once when it is gone.</summary>
    /// <exception cref="IOException">Nobody listens there any more.</exception>
    public static Stream Connect(string address) =>
        OperatingSystem.IsWindows()
        ? LocalPipe.Connect(address, CancellationToken.None)
        : new FileStream(UnixSocket.Connect(address), FileAccess.ReadWrite, bufferSize: 0);

    /// <summary>Accepts the next connection of a process of the same user; others are dropped unseen.</summary>
    public abstract Task<Stream> AcceptAsync(CancellationToken cancellationToken);

    public abstract void Dispose();

    [UnsupportedOSPlatform("windows")]
    private sealed class SocketListener : PrivateListener
    {
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly string? _path;

        public SocketListener(string name)
        {
            if (OperatingSystem.IsLinux())
            {
                Address = "@" + name;
            }
            else
            {
                _path = Address = PrivateDirectory.SocketPath(name);
            }

            _socket.Bind(EndPoint(Address));
            _socket.Listen(64);
        }

        public override string Address { get; }

        public override async Task<Stream> AcceptAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                Socket peer = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                if (PeerCredentials.IsSameUser(peer))
                {
                    return new NetworkStream(peer, ownsSocket: true);
                }

                peer.Dispose();
            }
        }

        public override void Dispose()
        {
            _socket.Dispose();
            if (_path is not null)
            {
                File.Delete(_path);
            }
        }

        // A leading NUL puts the name into Linux's abstract namespace; '@' stands for it wherever people read it.
        private static UnixDomainSocketEndPoint EndPoint(string address) =>
            new(address.StartsWith('@') ? "\0" + address[1..] : address);
    }

    private sealed class PipeListener(string name) : PrivateListener
    {
        private readonly LocalPipe _pipe = new(name);

        public override string Address => name;

        public override Task<Stream> AcceptAsync(CancellationToken cancellationToken) => _pipe.AcceptAsync(cancellationToken);

        public override void Dispose() => _pipe.Dispose();
    }
}
