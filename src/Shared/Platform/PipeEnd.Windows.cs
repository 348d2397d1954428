using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>An end of a pipe of Windows. A wait for something to read holds no processor and, if it is awaited, no thread.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsPipeEnd : PipeEnd
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly OverlappedPipe _pipe;
    private WriteBehind? _output;

    public WindowsPipeEnd(SafePipeHandle handle)
    {
        _pipe = new OverlappedPipe(handle);
    }

    /// <summary>A new pipe with both ends connected.</summary>
    public static (SafePipeHandle Read, SafePipeHandle Write) Create() => OverlappedPipe.Create(BufferLength);

    public override void PrepareRelease()
    {
        // What was accepted here comes before what the next owner writes.
        if (_output is not null && Task.WaitAny([_output.Completion], s_patience) != 0)
        {
            throw new TimeoutException(
                "The connection cannot be passed to another process yet: part of what was sent over it waits here until the other side receives it.");
        }
    }

    public override SafePipeHandle Release()
    {
        SafePipeHandle moved = _pipe.Duplicate();
        _pipe.Dispose();
        return moved;
    }

    public override int Read(Span<byte> buffer, Deadline deadline) => WaitReadable(deadline) ? _pipe.Read(buffer) : -1;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await WaitReadableAsync(cancellationToken).ConfigureAwait(false);
        return _pipe.Read(buffer.Span);
    }

    public override int Write(ReadOnlySpan<byte> bytes, Deadline deadline)
    {
        if (!deadline.IsInfinite)
        {
            return Output.Write(bytes, deadline);
        }

        _ = _output?.IsWrittenBy(deadline);
        int count = Math.Min(bytes.Length, WriteBehind.BufferLength);
        _pipe.Write(bytes[..count]);
        return count;
    }

    public override ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        Output.WriteAsync(bytes, cancellationToken);

    public override bool WaitReadable(Deadline deadline)
    {
        while (!_pipe.IsReadable())
        {
            if (deadline.HasPassed)
            {
                return false;
            }

            _pipe.Wait(deadline.RemainingMilliseconds);
        }

        return true;
    }

    public override async Task WaitReadableAsync(CancellationToken cancellationToken)
    {
        while (!_pipe.IsReadable())
        {
            await _pipe.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public override void Dispose() => _pipe.Dispose();

    // A write to a full pipe stays in the system's call until there is room: one that was called off would leave open how much of it
    // has been read by then.
    private WriteBehind Output => _output ??= new WriteBehind(BeginWrite);

    // What is accepted holds the pipe from now on, not only once the task runs: the reader gets it before it gets the end, even if this
    // is disposed in between.
    private Task BeginWrite(ReadOnlyMemory<byte> bytes)
    {
        _pipe.Hold();
        return Task.Run(() =>
        {
            try
            {
                _pipe.Write(bytes.Span);
            }
            finally
            {
                _pipe.LetGo();
            }
        });
    }
}
