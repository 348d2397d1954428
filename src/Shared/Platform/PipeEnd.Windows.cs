using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// A synchronous pipe handle. Windows cannot wait for such a handle, so a wait looks every millisecond; whoever wants better
/// uses the shared-memory transport.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed partial class WindowsPipeEnd(SafePipeHandle handle) : PipeEnd
{
    private const int ErrorBrokenPipe = 109;
    private const int ErrorNoData = 232;
    private const int ErrorPipeNotConnected = 233;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(1);

    private WriteBehind? _output;

    public static SafePipeHandle Duplicate(SafePipeHandle handle)
    {
        nint process = GetCurrentProcess();
        return DuplicateHandle(process, handle, process, out nint copy, 0, false, 2)
            ? new SafePipeHandle(copy, ownsHandle: true)
            : throw new IOException($"A pipe could not be created: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>A named pipe with both ends connected.</summary>
    public static (SafePipeHandle Read, SafePipeHandle Write) ConnectNamed()
    {
        // The far end must be able to move to another process, and Windows ties an overlapped handle to the process that
        // first used it: so both ends are synchronous ones.
        string name = "ipcdemos-" + Guid.NewGuid().ToString("N");
        using var server = new NamedPipeServerStream(
            name,
            PipeDirection.In,
            maxNumberOfServerInstances: 1,
            PipeTransmissionMode.Byte,
            PipeOptions.CurrentUserOnly | PipeOptions.FirstPipeInstance,
            BufferLength,
            outBufferSize: 0);
        using var client = new NamedPipeClientStream(".", name, PipeDirection.Out, PipeOptions.CurrentUserOnly);
        client.Connect();
        server.WaitForConnection();
        return (Duplicate(server.SafePipeHandle), Duplicate(client.SafePipeHandle));
    }

    public override SafePipeHandle Release()
    {
        SafePipeHandle moved = Duplicate(handle);
        handle.Dispose();
        return moved;
    }

    public override int Read(Span<byte> buffer, Deadline deadline) => WaitReadable(deadline) ? ReadNow(buffer) : -1;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await WaitReadableAsync(cancellationToken).ConfigureAwait(false);
        return ReadNow(buffer.Span);
    }

    public override int Write(ReadOnlySpan<byte> bytes, Deadline deadline)
    {
        if (!deadline.IsInfinite)
        {
            return Output.Write(bytes, deadline);
        }

        _ = _output?.IsWrittenBy(deadline);
        return WriteNow(bytes[..Math.Min(bytes.Length, WriteBehind.BufferLength)]);
    }

    public override ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        Output.WriteAsync(bytes, cancellationToken);

    public override bool WaitReadable(Deadline deadline)
    {
        using var never = new ManualResetEventSlim();
        while (!IsReadable())
        {
            if (deadline.HasPassed)
            {
                return false;
            }

            _ = never.Wait(s_look);
        }

        return true;
    }

    public override async Task WaitReadableAsync(CancellationToken cancellationToken)
    {
        while (!IsReadable())
        {
            await Task.Delay(s_look, cancellationToken).ConfigureAwait(false);
        }
    }

    public override void Dispose() => handle.Dispose();

    // A broken pipe is readable: what can be read is its end.
    private bool IsReadable() => !PeekNamedPipe(handle, 0, 0, 0, out uint available, 0) ? EndsStream() : available > 0;

    // A thread that writes to a full pipe stays in the system's call until there is room. A write under way keeps the handle open
    // after its disposal, so that the reader gets what was accepted before it gets the end.
    private WriteBehind Output => _output ??= new WriteBehind(bytes => Task.Run(() => WriteNow(bytes.Span)));

    private int WriteNow(ReadOnlySpan<byte> bytes) =>
        WriteFile(handle, in MemoryMarshal.GetReference(bytes), (uint)bytes.Length, out uint written, 0)
        ? (int)written
        : throw new IOException($"Writing to a pipe failed: {Marshal.GetLastPInvokeErrorMessage()}");

    private int ReadNow(Span<byte> buffer)
    {
        if (ReadFile(handle, ref MemoryMarshal.GetReference(buffer), (uint)buffer.Length, out uint count, 0))
        {
            return (int)count;
        }

        return EndsStream() ? 0 : throw new IOException($"Reading from a pipe failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static bool EndsStream() =>
        Marshal.GetLastPInvokeError() is ErrorBrokenPipe or ErrorNoData or ErrorPipeNotConnected
            ? true
            : throw new IOException($"A pipe failed: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool PeekNamedPipe(SafePipeHandle pipe, nint buffer, uint size, nint read, out uint available, nint left);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool ReadFile(SafePipeHandle pipe, ref byte buffer, uint size, out uint read, nint overlapped);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool WriteFile(SafePipeHandle pipe, ref readonly byte bytes, uint size, out uint written, nint overlapped);

    [LibraryImport("kernel32")]
    private static partial nint GetCurrentProcess();

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool DuplicateHandle(
        nint sourceProcess, SafePipeHandle source, nint targetProcess, out nint target, uint access,
        [MarshalAs(UnmanagedType.Bool)] bool inherit, uint options);
}
