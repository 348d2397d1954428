using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Processes;

/// <summary>
/// The line between a worker and its creator. Down goes one frame with the preparation and the call, and perhaps a request to
/// stop; up go the call's outcome and the exit code. Its end tells either side that the other is gone.
/// </summary>
internal sealed class ControlChannel(Stream stream) : IDisposable
{
    private readonly FrameReader _frames = new();
    private readonly Lock _sending = new();

    /// <summary>Sends what was written behind the frame's header; false when the other side is gone.</summary>
    public bool TrySend(ReadOnlySpan<byte> frame)
    {
        lock (_sending)
        {
            try
            {
                stream.Write(frame);
                return true;
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) =>
        stream.WriteAsync(frame, cancellationToken);

    /// <summary>Blocks for the next frame; null when the other side is gone.</summary>
    public ReadOnlyMemory<byte>? Receive()
    {
        ReadOnlyMemory<byte> frame;
        while (!_frames.TryTake(Array.MaxLength, out frame, out _))
        {
            int count;
            try
            {
                count = stream.Read(_frames.Target.Span);
            }
            catch (IOException)
            {
                return null;
            }

            if (count == 0)
            {
                return null;
            }

            _frames.Advance(count);
        }

        return frame;
    }

    /// <summary>Awaits the next frame; null when the other side is gone.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync()
    {
        ReadOnlyMemory<byte> frame;
        while (!_frames.TryTake(Array.MaxLength, out frame, out _))
        {
            int count;
            try
            {
                count = await stream.ReadAsync(_frames.Target).ConfigureAwait(false);
            }
            catch (IOException)
            {
                return null;
            }

            if (count == 0)
            {
                return null;
            }

            _frames.Advance(count);
        }

        return frame;
    }

    public void Dispose() => stream.Dispose();
}
