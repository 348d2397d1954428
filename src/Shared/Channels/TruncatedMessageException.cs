namespace IpcDemos.Shared.Channels;

/// <summary>
/// The connection ended inside a message: its sender was killed, or closed the connection, while it was writing. The part
/// that came is discarded. (Python: <c>OSError('got end of file during message')</c>.)
/// </summary>
public sealed class TruncatedMessageException : IOException
{
    internal TruncatedMessageException(long expected, long received)
        : base(expected < 0
            ? $"The connection ended inside a message header, after {received} of its bytes: the sender was killed or closed while writing."
            : $"The connection ended inside a message, after {received} of {expected} bytes: the sender was killed or closed while writing.")
    {
        Expected = expected;
        Received = received;
    }

    /// <summary>The message's length in bytes as its header gave it; −1 if not even the header was complete.</summary>
    public long Expected { get; }

    /// <summary>How many of those bytes came.</summary>
    public long Received { get; }
}
