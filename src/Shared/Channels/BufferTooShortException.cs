namespace IpcDemos.Shared.Channels;

/// <summary>
/// A message did not fit into the buffer it was to be received into. It is not lost, it is attached; the connection remains
/// usable. (Python: <c>BufferTooShort</c>.)
/// </summary>
public sealed class BufferTooShortException : IOException
{
    internal BufferTooShortException(byte[] message, int available)
        : base($"The message is {message.Length} bytes long, the buffer has room for {available}. "
            + $"The whole message is in the exception's {nameof(ReceivedMessage)}.")
    {
        ReceivedMessage = message;
    }

    /// <summary>The whole message.</summary>
    public ReadOnlyMemory<byte> ReceivedMessage { get; }
}
