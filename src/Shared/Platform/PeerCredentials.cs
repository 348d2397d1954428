using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

/// <summary>Tells, on the kernel's word, which user is at the other end of a Unix socket.</summary>
internal static partial class PeerCredentials
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>Whether the process at the other end, which connected or listens, runs as this process's user.</summary>
    public static bool IsSameUser(Socket peer) => IsSameUser(peer.SafeHandle);

    /// <inheritdoc cref="IsSameUser(Socket)"/>
    public static bool IsSameUser(SafeHandle peer)
    {
        if (OperatingSystem.IsLinux())
        {
            var credentials = default(Credentials);
            uint length = 12;
            return GetOption(peer, SolSocket, SoPeerCred, ref credentials, ref length) == 0 && credentials.User == UserId.Current;
        }

        return GetPeerIds(peer, out uint user, out _) == 0 && user == UserId.Current;
    }

    [LibraryImport("libc", EntryPoint = "getsockopt")]
    private static partial int GetOption(SafeHandle socket, int level, int name, ref Credentials value, ref uint length);

    /// <summary>BSD and macOS.</summary>
    [LibraryImport("libc", EntryPoint = "getpeereid")]
    private static partial int GetPeerIds(SafeHandle socket, out uint user, out uint group);

    /// <summary>struct ucred.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Credentials
    {
        public int Process;
        public uint User;
        public uint Group;
    }
}
