using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// A descriptor that does not block, read and written with bare system calls, waited for in the system. The framework's own
/// asynchronous pipe path would hold a pool thread per waiting reader.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal partial class UnixPipeEnd : PipeEnd
{
    private const int FGetFlags = 3;
    private const int FSetFlags = 4;
    private const int FSetPipeSize = 1031;

    // What a pipe holds unless told otherwise; more than that comes in pieces.
    private const int UsualCapacity = 64 * 1024;
    private const int BulkCapacity = 256 * 1024;

    private readonly SafeHandle _handle;
    private ReadSpin _spin;
    private bool _isEnlarged;

    public UnixPipeEnd(SafeHandle handle)
    {
        _handle = handle;
        _ = DescriptorControl.Call(handle, FSetFlags, DescriptorControl.Call(handle, FGetFlags, 0) | NonBlocking);
    }

    private static int NonBlocking => OperatingSystem.IsLinux() ? 0x800 : 0x4;

    private static int DuplicateCloseOnExec => OperatingSystem.IsLinux() ? 1030 : 67;

    public static SafePipeHandle Duplicate(SafeHandle handle)
    {
        int descriptor = DescriptorControl.Call(handle, DuplicateCloseOnExec, 0);
        return descriptor >= 0
            ? new SafePipeHandle(descriptor, ownsHandle: true)
            : throw new IOException($"A pipe could not be created: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    /// <summary>Neither end can be inherited by a process that happens to be started.</summary>
    public static (SafePipeHandle Read, SafePipeHandle Write) ConnectAnonymous()
    {
        using var server = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None, BufferLength);
        using SafePipeHandle client = server.ClientSafePipeHandle; // once looked at, the stream leaves closing it to us
        return (Duplicate(server.SafePipeHandle), Duplicate(client));
    }

    /// <summary>
    /// A Unix socket with both ends connected. The framework's named pipes are the same, but would leave a file behind if this
    /// process were killed at the wrong moment.
    /// </summary>
    public static (SafePipeHandle Read, SafePipeHandle Write) ConnectNamed()
    {
        using PrivateListener listener = PrivateListener.Create();
        using SafeFileHandle client = UnixSocket.Connect(listener.Address);

        // The connection is waiting already, so that this does not block. Of the accepted stream only the socket is closed:
        // closing the stream would shut the connection down.
        var accepted = (NetworkStream)listener.AcceptAsync(CancellationToken.None).GetAwaiter().GetResult();
        using Socket server = accepted.Socket;
        return (Duplicate(server.SafeHandle), Duplicate(client));
    }

    public override SafePipeHandle Release()
    {
        SafePipeHandle moved = Duplicate(_handle);
        _handle.Dispose();
        return moved;
    }

    public override int Read(Span<byte> buffer, Deadline deadline)
    {
        int count = deadline.HasPassed ? TryRead(buffer) : TryReadAgain(buffer);
        while (count < 0 && DescriptorPoller.Wait(_handle, DescriptorPoller.Readable, deadline))
        {
            count = TryRead(buffer);
        }

        return count;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count = TryReadAgain(buffer.Span);
        while (count < 0)
        {
            await DescriptorPoller.WaitAsync(_handle, DescriptorPoller.Readable, cancellationToken).ConfigureAwait(false);
            count = TryRead(buffer.Span);
        }

        return count;
    }

    public override int Write(ReadOnlySpan<byte> bytes, Deadline deadline)
    {
        EnlargeFor(bytes.Length);
        while (true)
        {
            int count = TryWrite(bytes);
            if (count > 0)
            {
                return count;
            }

            if (!DescriptorPoller.Wait(_handle, DescriptorPoller.Writable, deadline))
            {
                return 0;
            }
        }
    }

    public override async ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        EnlargeFor(bytes.Length);
        int count;
        while ((count = TryWrite(bytes.Span)) == 0)
        {
            await DescriptorPoller.WaitAsync(_handle, DescriptorPoller.Writable, cancellationToken).ConfigureAwait(false);
        }

        return count;
    }

    public override bool WaitReadable(Deadline deadline) =>
        DescriptorPoller.Wait(_handle, DescriptorPoller.Readable, deadline);

    public override Task WaitReadableAsync(CancellationToken cancellationToken) =>
        DescriptorPoller.WaitAsync(_handle, DescriptorPoller.Readable, cancellationToken);

    public override void Dispose() => _handle.Dispose();

    /// <summary>
    /// Makes room for more at a time once a pipe carries more than it holds, which halves the number of wake-ups per byte or better.
    /// Only then: the system allows each user only so much in all pipes together, and where it refuses, the pipe stays as it is.
    /// </summary>
    private void EnlargeFor(int length)
    {
        if (length > UsualCapacity && !_isEnlarged && OperatingSystem.IsLinux())
        {
            _isEnlarged = true;
            _ = DescriptorControl.Call(_handle, FSetPipeSize, BulkCapacity);
        }
    }

    /// <summary>As <see cref="TryRead"/>, but looks again for a moment, if that pays.</summary>
    private int TryReadAgain(Span<byte> buffer)
    {
        int count = TryRead(buffer);

        // The rest of a long message is best slept for: the writer fills the pipe meanwhile, and nobody fights over it.
        if (count < 0 && buffer.Length <= UsualCapacity && _spin.Begin())
        {
            while (_spin.Pause() && (count = TryRead(buffer)) < 0)
            {
            }

            _spin.End(hasCome: count >= 0);
        }

        return count;
    }

    /// <summary>How many bytes were there; 0 at the end of the stream, −1 when reading would block.</summary>
    private int TryRead(Span<byte> buffer)
    {
        while (true)
        {
            nint count = ReadDescriptor(_handle, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
            if (count >= 0)
            {
                return (int)count;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == Errno.WouldBlock)
            {
                return -1;
            }

            if (error == Errno.ConnectionReset)
            {
                return 0; // a socket whose other end was killed with data unread: the stream has ended
            }

            if (error != Errno.Interrupted)
            {
                throw new IOException($"Reading from a pipe failed: {Marshal.GetPInvokeErrorMessage(error)}.");
            }
        }
    }

    /// <summary>How many bytes were taken; 0 when there is no room for any.</summary>
    private int TryWrite(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            nint count = WriteDescriptor(_handle, in MemoryMarshal.GetReference(bytes), (nuint)bytes.Length);
            if (count >= 0)
            {
                return (int)count;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == Errno.WouldBlock)
            {
                return 0;
            }

            if (error != Errno.Interrupted)
            {
                throw new IOException($"Writing to a pipe failed: {Marshal.GetPInvokeErrorMessage(error)}.");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadDescriptor(SafeHandle descriptor, ref byte buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteDescriptor(SafeHandle descriptor, ref readonly byte bytes, nuint count);
}
