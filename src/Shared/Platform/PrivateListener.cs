using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.InteropServices;
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
internal abstract partial class PrivateListener : IDisposable
{
    /// <summary>What the other side passes to <see cref="Connect"/>.</summary>
    public abstract string Address { get; }

    public static PrivateListener Create()
    {
        string name = "ipcdemos-" + Guid.NewGuid().ToString("N");
        return OperatingSystem.IsWindows() ? new PipeListener(name) : new SocketListener(name);
    }

    /// <summary>Connects to the process that listens at <paramref name="address"/>; fails at once when it is gone.</summary>
    /// <exception cref="IOException">Nobody listens there any more.</exception>
    public static Stream Connect(string address) =>
        OperatingSystem.IsWindows()
        ? PipeListener.ConnectTo(address)
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
                _path = Address = Path.Combine(PrivateDirectory.Path, name);
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

    private sealed partial class PipeListener(string name) : PrivateListener
    {
        private const int FileNotFound = 2;
        private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

        private NamedPipeServerStream _next = NewServer(name);

        public override string Address => name;

        public static NamedPipeClientStream ConnectTo(string address)
        {
            var client = new NamedPipeClientStream(
                ".", address, PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
            while (true)
            {
                try
                {
                    client.Connect(s_look);
                    return client;
                }
                catch (TimeoutException) when (HasInstance(address))
                {
                    // All instances are taken. The server makes another as soon as it gets round to it, however long that takes.
                }
                catch (TimeoutException error)
                {
                    client.Dispose();
                    throw new IOException($"Nobody listens at '{address}' any more.", error);
                }
            }
        }

        public override async Task<Stream> AcceptAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                NamedPipeServerStream instance = _next;
                try
                {
                    await instance.WaitForConnectionAsync(cancellationToken).ConfigureAwait(false);
                    _next = NewServer(name);
                    return instance;
                }
                catch (IOException)
                {
                    // A client came and had gone before it was looked at; this instance is of no more use.
                    _next = NewServer(name);
                    await instance.DisposeAsync().ConfigureAwait(false);
                }
            }
        }

        public override void Dispose() => _next.Dispose();

        // The server has its next instance before it lets go of the last, so that a name without any means a process without life.
        private static bool HasInstance(string address) =>
            WaitNamedPipe(@"\\.\pipe\" + address, milliseconds: 1) != 0 || Marshal.GetLastPInvokeError() != FileNotFound;

        private static NamedPipeServerStream NewServer(string name) => new(
            name,
            PipeDirection.InOut,
            NamedPipeServerStream.MaxAllowedServerInstances,
            PipeTransmissionMode.Byte,
            PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);

        [LibraryImport("kernel32", EntryPoint = "WaitNamedPipeW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
        private static partial int WaitNamedPipe(string name, uint milliseconds);
    }
}
