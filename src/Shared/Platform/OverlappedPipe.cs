using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Principal;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>One end of a one-way pipe of Windows, whose reads and writes can be waited for and called off.</summary>
/// <remarks>
/// That a call has ended is told by an event of its own, not through a completion port: a port is tied to the pipe for good and
/// belongs to one process, and an end of a pipe is to move.
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed unsafe partial class OverlappedPipe(SafePipeHandle handle) : IDisposable
{
    private const int ErrorBrokenPipe = 109;
    private const int ErrorNoData = 232;
    private const int ErrorPipeNotConnected = 233;
    private const int ErrorIoPending = 997;

    // Tells the end of the one read or write that a thread is in.
    [ThreadStatic]
    private static ManualResetEvent? s_ended;

    private readonly SafePipeHandle _handle = handle;
    private volatile bool _hasReader;
    private volatile bool _isDisposed;

    /// <summary>Both ends of a new pipe. Neither can be inherited by a process that happens to be started.</summary>
    /// <remarks>
    /// The system's anonymous pipes are pipes with a name too, which nobody is told, but their ends cannot be waited for. So this
    /// makes one in the same way. It has room for one reader, who is there first, and for one writer; whoever found the name in between
    /// is refused, unless it is the same user.
    /// </remarks>
    /// <exception cref="IOException">The system refused.</exception>
    public static (SafePipeHandle Read, SafePipeHandle Write) Create(int bufferLength)
    {
        const uint inbound = 1, firstInstance = 0x80000, overlapped = 0x40000000, rejectsRemote = 8, write = 0x40000000, existing = 3,
            anonymous = 0x100000;
        string name = @"\\.\pipe\ipcdemos-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        using WindowsIdentity user = WindowsIdentity.GetCurrent();
        if (!ConvertStringSecurityDescriptor($"D:P(A;;GA;;;{user.User})", 1, out nint descriptor, 0))
        {
            throw CreationFailure();
        }

        var security = new SecurityAttributes { Length = sizeof(SecurityAttributes), Descriptor = descriptor };
        SafePipeHandle reader = CreateNamedPipe(
            name, inbound | firstInstance | overlapped, rejectsRemote, instances: 1, 0, (uint)bufferLength, timeout: 0, &security);
        _ = LocalFree(descriptor);
        if (reader.IsInvalid)
        {
            throw CreationFailure();
        }

        SafePipeHandle writer = CreateFile(name, write, 0, 0, existing, overlapped | anonymous, 0);
        if (writer.IsInvalid)
        {
            IOException failure = CreationFailure();
            reader.Dispose();
            throw failure;
        }

        return (reader, writer);
    }

    /// <summary>Another handle of the same end.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public SafePipeHandle Duplicate() => WindowsHandle.TryDuplicate(_handle, WindowsHandle.CurrentProcess, out nint copy)
        ? new SafePipeHandle(copy, ownsHandle: true)
        : throw CreationFailure();

    /// <summary>Whether there are bytes, or the end of the stream.</summary>
    public bool IsReadable()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(PipeEnd));
        return !PeekNamedPipe(_handle, 0, 0, 0, out uint available, 0) ? EndsStream() : available > 0;
    }

    /// <summary>Reads what there is, and blocks only if there is nothing; 0 at the end of the stream.</summary>
    public int Read(Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return Transfer(bytes, buffer.Length, isWrite: false, out int count) || EndsStream() ? count : 0;
        }
    }

    /// <summary>Blocks until all bytes are in the pipe. The end stays open for that long, even if it is disposed meanwhile.</summary>
    /// <exception cref="IOException">Nobody reads any more.</exception>
    public void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            if (!Transfer(bytes, buffer.Length, isWrite: true, out _))
            {
                throw Failure("Writing to");
            }
        }
    }

    /// <summary>The pipe stays open, even if it is disposed, until <see cref="LetGo"/> has been called as often.</summary>
    /// <exception cref="ObjectDisposedException">It is closed already.</exception>
    public void Hold()
    {
        bool isHeld = false;
        _handle.DangerousAddRef(ref isHeld);
    }

    public void LetGo() => _handle.DangerousRelease();

    /// <summary>Ends what waits for bytes, but not a write under way.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        Interlocked.MemoryBarrier();
        if (_hasReader)
        {
            // A reader holds the handle, which stays open for that long. Either the reader sees, once its read has begun, that this is
            // disposed, and calls it off itself; or it had begun before that, and is called off here.
            CallOffReads();
        }

        _handle.Dispose();
    }

    private void CallOffReads()
    {
        try
        {
            Hold();
        }
        catch (ObjectDisposedException)
        {
            return; // closed by an earlier disposal, with no reader left
        }

        _ = CancelIoEx(_handle.DangerousGetHandle(), null);
        LetGo();
    }

    /// <summary>One call from its beginning to its end; false, with the last error set, if it failed.</summary>
    private bool Transfer(byte* bytes, int length, bool isWrite, out int count)
    {
        ManualResetEvent ended = s_ended ??= new ManualResetEvent(initialState: false);
        var call = new NativeOverlapped { EventHandle = ended.SafeWaitHandle.DangerousGetHandle() };
        count = 0;
        Hold();
        try
        {
            return Begin(bytes, length, isWrite, &call) && GetOverlappedResult(_handle.DangerousGetHandle(), &call, out count, wait: true);
        }
        finally
        {
            LetGo();
        }
    }

    /// <summary>False, with the last error set, if it failed at once. For whoever holds the handle.</summary>
    private bool Begin(byte* bytes, int length, bool isWrite, NativeOverlapped* call)
    {
        nint pipe = _handle.DangerousGetHandle();
        _hasReader |= !isWrite;
        bool hasBegun = isWrite ? WriteFile(pipe, bytes, (uint)length, null, call) : ReadFile(pipe, bytes, (uint)length, null, call);
        if (!hasBegun && Marshal.GetLastPInvokeError() != ErrorIoPending)
        {
            return false;
        }

        Interlocked.MemoryBarrier();
        if (_isDisposed && !isWrite)
        {
            _ = CancelIoEx(pipe, call);
        }

        return true;
    }

    private bool EndsStream()
    {
        int error = Marshal.GetLastPInvokeError();
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(PipeEnd));
        return error is ErrorBrokenPipe or ErrorNoData or ErrorPipeNotConnected ? true : throw Failure("Reading from");
    }

    private static IOException Failure(string what) => new($"{what} a pipe failed: {Marshal.GetLastPInvokeErrorMessage()}");

    private static IOException CreationFailure() => new($"A pipe could not be created: {Marshal.GetLastPInvokeErrorMessage()}");
}
