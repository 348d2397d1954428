using System.Net.Sockets;
using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>Unix sockets by path, or by a name in Linux's abstract namespace, which <c>@</c> stands for in front of it.</summary>
[UnsupportedOSPlatform("windows")]
internal static class LocalSocket
{
    /// <summary>The bytes that fit into the system's <c>sun_path</c>, without the terminating NUL.</summary>
    public static int MaximumPathLength => OperatingSystem.IsLinux() ? 107 : 103;

    /// <summary>Listens there. The framework removes the socket's file when the listening socket is closed.</summary>
    /// <exception cref="SocketException">The name is taken, or cannot be created.</exception>
    public static Socket Listen(string path, int backlog)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(EndPointOf(path));
            socket.Listen(backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public static UnixDomainSocketEndPoint EndPointOf(string path) => new(path.StartsWith('@') ? "\0" + path[1..] : path);

    /// <summary>
    /// Whether the file at the path is a socket that nobody listens at any more: the system refuses connections to it at once,
    /// and (on Linux, which tells) it is bound to no living socket, so that its owner is not just between binding and listening.
    /// </summary>
    public static bool IsLeftBehind(string path)
    {
        if (!OperatingSystem.IsLinux() || path.StartsWith('@'))
        {
            return false;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        probe.Blocking = false;
        try
        {
            probe.Connect(EndPointOf(path));
            return false;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return !File.ReadLines("/proc/net/unix").Any(line => line.EndsWith(" " + path, StringComparison.Ordinal));
        }
        catch (SocketException)
        {
            return false; // its queue is full, or it is not ours to use: somebody lives there
        }
    }
}
