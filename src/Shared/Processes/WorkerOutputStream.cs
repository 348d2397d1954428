using System.Diagnostics;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Processes;

/// <summary>
/// What a worker writes, up to the end of its process and no further. A program that it left behind may hold the pipe for ever;
/// but once the process has ended, all that it wrote is in the pipe, and reading it does not wait. So what has to be waited for
/// then is not the worker's, and for some patience, should the system be slow, is taken for the end.
/// </summary>
/// <param name="source">The pipe.</param>
/// <param name="processHasEnded">Completes when the process has ended.</param>
/// <param name="watcher">Is shown everything that is read.</param>
internal sealed class WorkerOutputStream(Stream source, Task processHasEnded, WorkerOutputStream.Watcher? watcher) : Stream
{
    private readonly ChildOutput _source = new(source);
    private readonly CancellationTokenSource _givenUp = new();
    private TimeSpan _patience = WorkerProcess.Grace;

    public delegate void Watcher(ReadOnlySpan<byte> bytes);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await ReadSourceAsync(buffer, cancellationToken).ConfigureAwait(false);
        watcher?.Invoke(buffer.Span[..count]);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _givenUp.Dispose();
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadSourceAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_givenUp.IsCancellationRequested)
        {
            return 0;
        }

        using CancellationTokenRegistration forwarding =
            cancellationToken.UnsafeRegister(static givenUp => ((CancellationTokenSource)givenUp!).Cancel(), _givenUp);
        Task<int> read = _source.ReadAsync(buffer, _givenUp.Token);
        try
        {
            if (read.IsCompleted || await Task.WhenAny(read, processHasEnded).ConfigureAwait(false) == read)
            {
                return await read.ConfigureAwait(false);
            }

            // All waits together: a program left behind that writes a line now and then would otherwise go on for ever.
            long start = Stopwatch.GetTimestamp();
            _givenUp.CancelAfter(_patience > TimeSpan.Zero ? _patience : TimeSpan.Zero);

            int count = await read.ConfigureAwait(false);
            _givenUp.CancelAfter(Timeout.InfiniteTimeSpan);
            _patience -= Stopwatch.GetElapsedTime(start);
            return count;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }
}
