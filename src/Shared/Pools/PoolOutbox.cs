using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Pools;

/// <summary>Sends messages to one worker in the order they were added, whoever added them. Safe to use from any thread.</summary>
internal sealed class PoolOutbox(Connection connection)
{
    /// <summary>The most bytes that are sent at once by whoever flushes; longer messages are sent as the worker reads them.</summary>
    public const int SmallMessage = 8 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<byte[]> _messages = new();
    private bool _isSending;

    /// <summary>Adds a message; <see cref="Flush"/> sends it.</summary>
    public void Add(byte[] message)
    {
        lock (_lock)
        {
            _messages.Enqueue(message);
        }
    }

    /// <summary>Sends what was added. A worker that is gone is no error here: its own thread deals with that.</summary>
    public void Flush()
    {
        byte[]? message;
        lock (_lock)
        {
            // Whoever is sending finds what was added before he stops; two senders would interleave.
            if (_isSending || !_messages.TryDequeue(out message))
            {
                return;
            }

            _isSending = true;
        }

        SendAll(message);
    }

    private void SendAll(byte[]? message)
    {
        try
        {
            for (; message is not null; message = NextOrStop())
            {
                if (message.Length > SmallMessage)
                {
                    _ = SendLargeAsync(message);
                    return;
                }

                try
                {
                    connection.SendBytes(message);
                    CrashPoint.Reach("outbox.sent");
                }
                catch (Exception error) when (error is IOException or ObjectDisposedException)
                {
                    // As the summary says.
                }
            }
        }
        catch (Exception error)
        {
            GiveUp(error);
        }
    }

    private async Task SendLargeAsync(byte[] message)
    {
        try
        {
            try
            {
                await connection.SendBytesAsync(message).ConfigureAwait(false);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                // As above.
            }

            SendAll(NextOrStop());
        }
        catch (Exception error)
        {
            GiveUp(error);
        }
    }

    /// <summary>
    /// The thread that sends for all cannot go on: it was interrupted, say, or is out of memory. What it has left unsent, or sent in
    /// part, would be waited for for ever; so the worker is given up, whose own thread notices that and gives its tasks to others.
    /// </summary>
    private void GiveUp(Exception error)
    {
        connection.Dispose();
        lock (_lock)
        {
            _isSending = false;
        }

        if (error is ThreadInterruptedException)
        {
            // Not thrown, since the caller has other workers to send to; its next wait shall have it.
            Thread.CurrentThread.Interrupt();
        }
    }

    private byte[]? NextOrStop()
    {
        lock (_lock)
        {
            _isSending = _messages.TryDequeue(out byte[]? message);
            return message;
        }
    }
}
