using System.Buffers;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Channels;

internal sealed partial class StreamTransport
{
    private string? _inputBrokenBecause;

    /// <summary>Whether a message, or part of one, or the end of the stream has come, within the deadline.</summary>
    public bool Poll(Deadline deadline) => HasNews || input!.WaitReadable(deadline);

    public Task PollAsync(CancellationToken cancellationToken) =>
        HasNews ? Task.CompletedTask : input!.WaitReadableAsync(cancellationToken);

    /// <summary>Blocks for a whole message; false at the deadline, and then nothing is lost.</summary>
    public bool Receive(long maximumLength, Deadline deadline, out ReadOnlyMemory<byte> message, out byte[]? array)
    {
        while (!TryTake(maximumLength, out message, out array))
        {
            int count = input!.Read(_frames.Target.Span, deadline);
            if (count < 0)
            {
                return false;
            }

            Advance(count);
        }

        return true;
    }

    /// <summary>The memory that messages come through; null if they come another way.</summary>
    public RingPipeEnd? InputRing => input as RingPipeEnd;

    /// <summary>Takes a whole message if it has come. Never waits.</summary>
    public bool TryReceive(long maximumLength, out ReadOnlyMemory<byte> message, out byte[]? array)
    {
        while (!TryTake(maximumLength, out message, out array))
        {
            int count = input!.ReadAtOnce(_frames.Target.Span);
            if (count < 0)
            {
                return false;
            }

            Advance(count);
        }

        return true;
    }

    public async ValueTask<(ReadOnlyMemory<byte> Message, byte[]? Array)> ReceiveAsync(
        long maximumLength, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> message;
        byte[]? array;
        while (!TryTake(maximumLength, out message, out array))
        {
            Advance(await input!.ReadAsync(_frames.Target, cancellationToken).ConfigureAwait(false));
        }

        return (message, array);
    }

    /// <summary>Receives a message of any length piece by piece. Giving up in the middle of it makes the rest unreadable.</summary>
    public async ValueTask<long> ReceiveToAsync(
        IBufferWriter<byte> destination, long maximumLength, CancellationToken cancellationToken)
    {
        long length;
        while (!TryStart(maximumLength, out length))
        {
            Advance(await input!.ReadAsync(_frames.Target, cancellationToken).ConfigureAwait(false));
        }

        try
        {
            long left = length - _frames.Drain(destination, length);
            while (left > 0)
            {
                // Here, and not only where there is nothing to read: a sender that keeps up would never let this one stop.
                cancellationToken.ThrowIfCancellationRequested();
                Memory<byte> target = destination.GetMemory();
                target = target[..(int)Math.Min(left, target.Length)];
                int count = await input!.ReadAsync(target, cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    throw new TruncatedMessageException(length, length - left);
                }

                destination.Advance(count);
                left -= count;
            }
        }
        catch
        {
            // Cancelled, or the destination failed: the rest of this message would be taken for the next one.
            BreakInput("A message was given up when part of it had been received.");
            throw;
        }

        return length;
    }

    /// <summary>Whether receiving has something to say at once: a message, part of one, or why nothing comes any more.</summary>
    private bool HasNews => _frames.HasUnreadBytes || _inputBrokenBecause is not null;

    private bool TryTake(long maximumLength, out ReadOnlyMemory<byte> message, out byte[]? array)
    {
        ThrowIfInputBroken();
        try
        {
            return _frames.TryTake(maximumLength, out message, out array);
        }
        catch (Exception error) when (error is MessageTooLongException or InvalidDataException)
        {
            BreakInput(error.Message);
            throw;
        }
    }

    private bool TryStart(long maximumLength, out long length)
    {
        ThrowIfInputBroken();
        try
        {
            return _frames.TryStart(maximumLength, out length);
        }
        catch (Exception error) when (error is MessageTooLongException or InvalidDataException)
        {
            BreakInput(error.Message);
            throw;
        }
    }

    // What follows could only be taken for something that it is not.
    private void BreakInput(string because)
    {
        _inputBrokenBecause = because;
        input!.Dispose();
    }

    private void ThrowIfInputBroken()
    {
        if (_inputBrokenBecause is not null)
        {
            throw new ConnectionClosedException($"The connection is closed for receiving. {_inputBrokenBecause}");
        }
    }

    private void Advance(int count)
    {
        if (count == 0)
        {
            throw _frames.EndOfStream();
        }

        _frames.Advance(count);
    }
}
