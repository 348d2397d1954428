using System.Diagnostics.CodeAnalysis;
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
    // Those who only wait are not alone: a wait for several connections looks at each while a wait for it alone may just be ending.
    private readonly Lock _lock = new();
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
        while (MustRead(out Task<int>? reading))
        {
            if (!Completes(reading, deadline))
            {
                return false;
            }

            Harvest(reading);
        }

        return true;
    }

    public override async Task WaitReadableAsync(CancellationToken cancellationToken)
    {
        while (MustRead(out Task<int>? reading))
        {
            await ((Task)reading).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            Harvest(reading);
        }
    }

    public override int Write(ReadOnlySpan<byte> bytes, Deadline deadline) => _output.Write(bytes, deadline);

    public override ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _output.WriteAsync(bytes, cancellationToken);

    public override void Dispose() =>
        _ = _output.Completion.ContinueWith(static (_, state) => ((Stream)state!).Dispose(), stream, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>Whether a read has to be waited for, begun if none is under way; else something lies here, or the end has come.</summary>
    private bool MustRead([NotNullWhen(true)] out Task<int>? reading)
    {
        lock (_lock)
        {
            if (_aheadEnd > _aheadStart || _hasEnded)
            {
                reading = null;
                return false;
            }

            _ahead ??= new byte[BufferLength];
            reading = _reading ??= stream.ReadAsync(_ahead).AsTask();
            return true;
        }
    }

    /// <summary>
    /// Takes in what a read has brought, once: of two who waited for it the first may have received it all, and the next read may be
    /// under way, by the time the second comes here. It would bring the same bytes again, or take the next read for this one.
    /// </summary>
    private void Harvest(Task<int> reading)
    {
        CrashPoint.Reach("stream.read");
        lock (_lock)
        {
            if (_reading != reading)
            {
                return;
            }

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
    }

    private int Take(Span<byte> buffer)
    {
        lock (_lock)
        {
            int count = Math.Min(buffer.Length, _aheadEnd - _aheadStart);
            _ahead.AsSpan(_aheadStart, count).CopyTo(buffer);
            _aheadStart += count;
            return count;
        }
    }

    private static bool Completes(Task task, Deadline deadline) => Task.WaitAny([task], deadline.RemainingMilliseconds) == 0;
}
