using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>The kernel carries the descriptor from one end of a Unix socket to the other.</summary>
[UnsupportedOSPlatform("windows")]
internal static class UnixHandleTransfer
{
    public static void Give(Stream peer, SafeHandle handle) =>
        DescriptorMessage.Send(((NetworkStream)peer).Socket.SafeHandle, (int)handle.DangerousGetHandle());

    /// <summary>Null if the giver had nothing to give.</summary>
    public static nint? Take(Stream giver) =>
        DescriptorMessage.Receive(((FileStream)giver).SafeFileHandle) is >= 0 and var descriptor ? descriptor : null;
}
