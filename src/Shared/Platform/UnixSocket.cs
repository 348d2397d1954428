using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Connects to a Unix socket with bare system calls: it is among the first things every worker does, and the framework's sockets
/// cost a third of its start.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal static partial class UnixSocket
{
    private const int FamilyUnix = 1;
    private const int TypeStream = 1;

    // A path of 108 bytes on Linux and 104 on macOS, behind two bytes of family (on macOS: length and family).
    private const int HeaderLength = 2;
    private const int MaximumAddressLength = 110;

    private static int CloseOnExec => OperatingSystem.IsLinux() ? 0x80000 : 0;

    /// <summary>Connects a blocking stream socket to a process of the same user; '@' in front stands for Linux's abstract namespace.</summary>
    /// <exception cref="IOException">Nobody of this user listens there.</exception>
    public static SafeFileHandle Connect(string name)
    {
        int descriptor = CreateSocket(FamilyUnix, TypeStream | CloseOnExec, 0);
        if (CloseOnExec == 0 && descriptor >= 0)
        {
            DescriptorControl.KeepFromPrograms(descriptor);
        }

        var socket = new SafeFileHandle(descriptor, ownsHandle: true);
        Span<byte> address = stackalloc byte[MaximumAddressLength];
        int length = WriteAddress(address, name);
        string reason;
        if (!socket.IsInvalid && ConnectSocket(socket, in MemoryMarshal.GetReference(address), (uint)length) == 0)
        {
            // The name of a process that has died is free, and was never a secret: another user may have taken it to be obeyed.
            if (PeerCredentials.IsSameUser(socket))
            {
                return socket;
            }

            reason = "another user has taken the name";
        }
        else
        {
            reason = Marshal.GetLastPInvokeErrorMessage();
        }

        socket.Dispose();
        throw new IOException($"Nobody listens at '{name}' any more: {reason}.");
    }

    private static int WriteAddress(Span<byte> address, string name)
    {
        address.Clear();
        int length = HeaderLength + Encoding.UTF8.GetBytes(name, address[HeaderLength..]);
        if (OperatingSystem.IsMacOS())
        {
            (address[0], address[1]) = ((byte)length, FamilyUnix);
            return length + 1;
        }

        address[0] = FamilyUnix;
        if (name.StartsWith('@'))
        {
            address[HeaderLength] = 0; // an abstract name starts with NUL and ends where its length says
            return length;
        }

        return length + 1;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int CreateSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int ConnectSocket(SafeFileHandle socket, ref readonly byte address, uint length);
}
