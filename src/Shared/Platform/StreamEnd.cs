using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Both ends of a two-way stream of the framework's that has no descriptor to work on directly: TLS everywhere; sockets and
/// overlapped pipes on Windows.
/// </summary>
/// <remarks>
/// What a wait gives up on goes on in the background, into or out of a buffer here: nothing that came is lost, and nothing is
/// written twice, whenever a caller stops waiting.
/// </remarks>
internal sealed class StreamEnd(Stream stream) : PipeEnd
{
    private byte[]? _ahead;
    private int _aheadStart;
    private int _aheadEnd;
    private bool _hasEnded;
    private Task<int>? _reading;

    private readonly WriteBehind _output = new(bytes => stream.WriteAsync(bytes).AsTask());

    public override SafePipeHandle Release() => throw new NotSupportedException(
        "This connection cannot be passed to another process: its encryption, or this system, ties it to this one. "
        + "Let the other process make a connection of its own.");

    public override int Read(Span<byte> buffer, Deadline deadline) => WaitReadable(deadline) ? Take(buffer) : -1;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await WaitReadableAsync(cancellationToken).ConfigureAwait(false);
        return Take(buffer.Span);
    }

    public override bool WaitReadable(Deadline deadline)
    {
        if (_aheadEnd > _aheadStart || _hasEnded)
        {
            return true;
        }

        if (!Completes(StartReading(), deadline))
        {
            return false;
        }

        Harvest();
        return true;
    }

    public override async Task WaitReadableAsync(CancellationToken cancellationToken)
    {
        if (_aheadEnd > _aheadStart || _hasEnded)
        {
            return;
        }

        await ((Task)StartReading()).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        Harvest();
    }

    public override int Write(ReadOnlySpan<byte> bytes, Deadline deadline) => _output.Write(bytes, deadline);

    public override ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _output.WriteAsync(bytes, cancellationToken);

    public override void Dispose() =>
        _ = _output.Completion.ContinueWith(static (_, state) => ((Stream)state!).Dispose(), stream, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private Task<int> StartReading()
    {
        _ahead ??= new byte[BufferLength];
        return _reading ??= stream.ReadAsync(_ahead).AsTask();
    }

    private void Harvest()
    {
        Task<int> reading = _reading!;
        _reading = null;
        try
        {
            (_aheadStart, _aheadEnd) = (0, reading.GetAwaiter().GetResult());
        }
        catch (Exception error) when (error is ObjectDisposedException
            || error is IOException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } })
        {
            _aheadEnd = 0; // the other end was closed with data unread
        }

        _hasEnded = _aheadEnd == 0;
    }

    private int Take(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _aheadEnd - _aheadStart);
        _ahead.AsSpan(_aheadStart, count).CopyTo(buffer);
        _aheadStart += count;
        return count;
    }

    private static bool Completes(Task task, Deadline deadline) => Task.WaitAny([task], deadline.RemainingMilliseconds) == 0;
}
