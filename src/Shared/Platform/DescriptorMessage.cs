using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>One byte of data with one descriptor attached to it (SCM_RIGHTS), over a Unix socket.</summary>
[UnsupportedOSPlatform("windows")]
internal static unsafe partial class DescriptorMessage
{
    private const int ScmRights = 1;

    // Linux: received descriptors are closed on exec, so that a program started meanwhile does not get them.
    private const int MsgCmsgCloexec = 0x40000000;

    private static int SolSocket => OperatingSystem.IsMacOS() ? 0xffff : 1;

    public static void Send(SafeHandle socket, int descriptor)
    {
        byte data = 1;
        byte* control = stackalloc byte[32];
        var bytes = new ByteVector { Base = &data, Length = 1 };
        nuint controlLength = WriteControl(control, descriptor);
        nint sent = OperatingSystem.IsMacOS()
            ? SendMac((int)socket.DangerousGetHandle(), new MacHeader { Vectors = &bytes, VectorCount = 1, Control = control, ControlLength = (uint)controlLength })
            : SendLinux((int)socket.DangerousGetHandle(), new LinuxHeader { Vectors = &bytes, VectorCount = 1, Control = control, ControlLength = controlLength });
        if (sent != 1)
        {
            throw new IOException($"A descriptor could not be handed over: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    /// <summary>Blocks for the descriptor; −1 when the sender closed instead of sending one.</summary>
    public static int Receive(SafeHandle socket)
    {
        byte data;
        byte* control = stackalloc byte[32];
        var bytes = new ByteVector { Base = &data, Length = 1 };
        nint received;
        nuint controlLength;
        do
        {
            if (OperatingSystem.IsMacOS())
            {
                var header = new MacHeader { Vectors = &bytes, VectorCount = 1, Control = control, ControlLength = 32 };
                received = ReceiveMessage((int)socket.DangerousGetHandle(), &header, 0);
                controlLength = header.ControlLength;
            }
            else
            {
                var header = new LinuxHeader { Vectors = &bytes, VectorCount = 1, Control = control, ControlLength = 32 };
                received = ReceiveMessage((int)socket.DangerousGetHandle(), &header, MsgCmsgCloexec);
                controlLength = header.ControlLength;
            }
        }
        while (received < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted);

        if (received < 0)
        {
            throw new IOException($"A descriptor could not be received: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        int descriptor = received == 0 || controlLength < DataOffset + sizeof(int) ? -1 : *(int*)(control + DataOffset);
        if (OperatingSystem.IsMacOS() && descriptor >= 0)
        {
            DescriptorControl.KeepFromPrograms(descriptor);
        }

        return descriptor;
    }

    // struct cmsghdr: length (size_t on Linux, 32 bits on macOS), level, type; then the data.
    private static uint DataOffset => OperatingSystem.IsMacOS() ? 12u : 16u;

    private static nuint WriteControl(byte* control, int descriptor)
    {
        uint length = DataOffset + sizeof(int);
        int* fields;
        if (OperatingSystem.IsMacOS())
        {
            *(uint*)control = length;
            fields = (int*)(control + 4);
        }
        else
        {
            *(ulong*)control = length;
            fields = (int*)(control + 8);
        }

        fields[0] = SolSocket;
        fields[1] = ScmRights;
        *(int*)(control + DataOffset) = descriptor;
        return OperatingSystem.IsMacOS() ? length : 24u; // CMSG_SPACE: padded to the next 8 bytes on Linux
    }

    private static nint SendLinux(int socket, LinuxHeader header) => SendMessage(socket, &header, 0);

    private static nint SendMac(int socket, MacHeader header) => SendMessage(socket, &header, 0);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(int socket, void* header, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessage(int socket, void* header, int flags);

    [StructLayout(LayoutKind.Sequential)]
    private struct ByteVector
    {
        public byte* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LinuxHeader
    {
        public void* Name;
        public uint NameLength;
        public ByteVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MacHeader
    {
        public void* Name;
        public uint NameLength;
        public ByteVector* Vectors;
        public int VectorCount;
        public void* Control;
        public uint ControlLength;
        public int Flags;
    }
}
