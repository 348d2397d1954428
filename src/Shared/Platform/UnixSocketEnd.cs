using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// One direction of a connected socket, which moves between processes like a pipe's end. Both directions have one descriptor in
/// common, which is closed when neither needs it: thousands of connections cost a process one each.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed partial class UnixSocketEnd : UnixPipeEnd
{
    private const int ShutdownBoth = 2;
    private readonly SafeHandle _socket;

    private UnixSocketEnd(SafeHandle socket)
        : base(socket) => _socket = socket;

    /// <summary>Takes the descriptor out of the framework's socket, which is closed.</summary>
    /// <remarks>
    /// The framework must not have begun anything asynchronous on it: its event thread would then be woken for every byte of
    /// the descriptor's life, because what it watches lives as long as any duplicate.
    /// </remarks>
    public static (PipeEnd Input, PipeEnd Output) TakeOver(NetworkStream stream)
    {
        // Closing the stream instead of its socket would shut the connection down.
        using (stream.Socket)
        {
            using var descriptor = new SafePipeHandle(stream.Socket.Handle, ownsHandle: false);
            SafePipeHandle socket = Duplicate(descriptor);
            return (new UnixSocketEnd(socket), new UnixSocketEnd(new OtherHandle(socket)));
        }
    }

    // Letting go of one of two handles tells the other side nothing, and leaves a thread that sleeps in poll(2) asleep. An end
    // that was moved to another process has no open handle here any more, and is not shut down under its new owner.
    public override void Dispose()
    {
        if (!_socket.IsClosed)
        {
            try
            {
                CrashPoint.Reach("socket.shutdown");
                _ = Shutdown(_socket, ShutdownBoth);
            }
            catch (ObjectDisposedException)
            {
                // Another thread has closed both directions since it was looked at: whoever reads closes this one when what comes is
                // no message, and somebody may close the connection just then. That one has shut it down.
            }
        }

        base.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "shutdown")]
    private static partial int Shutdown(SafeHandle socket, int how);

    /// <summary>A second handle of a descriptor. It keeps that open for as long as a call uses either of the two.</summary>
    private sealed class OtherHandle : SafeHandle
    {
        private readonly SafeHandle _first;

        public OtherHandle(SafeHandle first)
            : base(-1, ownsHandle: true)
        {
            bool referenced = false;
            first.DangerousAddRef(ref referenced);
            _first = first;
            SetHandle(first.DangerousGetHandle());
        }

        public override bool IsInvalid => handle < 0;

        protected override bool ReleaseHandle()
        {
            _first.DangerousRelease();
            return true;
        }
    }
}
