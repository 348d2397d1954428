using System.Buffers;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Channels;

internal sealed partial class StreamTransport
{
    // Up to here one copy is cheaper than a second system call (as CPython does it).
    private const int JoinLimit = 16 * 1024;

    private bool _outputBroken;

    public void SendFrame(ReadOnlySpan<byte> frame, Deadline deadline) => Write(frame, deadline, begun: false);

    public ValueTask SendFrameAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) =>
        WriteAsync(frame, begun: false, cancellationToken);

    /// <summary>Sends the message if there is room for it and a way to do so in one copy; else sends nothing.</summary>
    public bool TrySend(ReadOnlySpan<byte> message)
    {
        Span<byte> header = stackalloc byte[FrameHeader.LongLength];
        int headerLength = FrameHeader.Write(header, message.Length);
        ThrowIfOutputBroken();
        return output!.TryWriteAtOnce(header[..headerLength], message);
    }

    public void Send(ReadOnlySpan<byte> message, Deadline deadline)
    {
        if (TrySend(message))
        {
            return;
        }

        Span<byte> header = stackalloc byte[FrameHeader.LongLength];
        int headerLength = FrameHeader.Write(header, message.Length);
        if (message.Length > JoinLimit)
        {
            Write(header[..headerLength], deadline, begun: false);
            Write(message, deadline, begun: true);
            return;
        }

        byte[] joined = ArrayPool<byte>.Shared.Rent(headerLength + message.Length);
        header[..headerLength].CopyTo(joined);
        message.CopyTo(joined.AsSpan(headerLength));
        try
        {
            Write(joined.AsSpan(0, headerLength + message.Length), deadline, begun: false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(joined);
        }
    }

    public async ValueTask SendAsync(ReadOnlySequence<byte> message, CancellationToken cancellationToken)
    {
        int joinedLength = message.Length > JoinLimit ? 0 : (int)message.Length;
        byte[] first = ArrayPool<byte>.Shared.Rent(FrameHeader.LongLength + joinedLength);
        try
        {
            int headerLength = FrameHeader.Write(first, message.Length);
            message.Slice(0, joinedLength).CopyTo(first.AsSpan(headerLength));
            await WriteAsync(first.AsMemory(0, headerLength + joinedLength), begun: false, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(first);
        }

        foreach (ReadOnlyMemory<byte> part in message.Slice(joinedLength))
        {
            await WriteAsync(part, begun: true, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes, Deadline deadline, bool begun)
    {
        ThrowIfOutputBroken();
        while (!bytes.IsEmpty)
        {
            int count;
            try
            {
                count = output!.Write(bytes, deadline);
            }
            catch (IOException error) when (error is not ConnectionClosedException)
            {
                throw Closed(error);
            }
            catch (ThreadInterruptedException) when (begun)
            {
                BreakOutput();
                throw;
            }

            if (count == 0)
            {
                throw TimedOut(begun);
            }

            begun = true;
            bytes = bytes[count..];
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, bool begun, CancellationToken cancellationToken)
    {
        ThrowIfOutputBroken();
        while (!bytes.IsEmpty)
        {
            int count;
            try
            {
                // Here, and not only where there is no room: a receiver that keeps up would never let this one stop.
                cancellationToken.ThrowIfCancellationRequested();
                count = await output!.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException error)
            {
                throw Closed(error);
            }
            catch (OperationCanceledException) when (begun)
            {
                BreakOutput();
                throw;
            }

            begun = true;
            bytes = bytes[count..];
        }
    }

    private static ConnectionClosedException Closed(IOException error) =>
        new("Nobody can receive from this connection any more: the other side has closed it, or its process has ended.", error);

    private TimeoutException TimedOut(bool begun)
    {
        if (!begun)
        {
            return new TimeoutException("The message could not be sent in time: the receiver does not take what was sent before.");
        }

        BreakOutput();
        return new TimeoutException(
            "Only part of the message could be sent in time. The connection is closed for sending; "
            + "the receiver is told that a message was cut off.");
    }

    // What was sent of the message cannot be taken back, and anything after it would be taken for its rest.
    private void BreakOutput()
    {
        _outputBroken = true;
        output!.Dispose();
    }

    private void ThrowIfOutputBroken()
    {
        if (_outputBroken)
        {
            throw new ConnectionClosedException(
                "The connection is closed for sending, because an earlier message was given up when part of it had been sent.");
        }
    }
}
