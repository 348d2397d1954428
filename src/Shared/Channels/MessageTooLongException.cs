namespace IpcDemos.Shared.Channels;

/// <summary>
/// A message was announced that is longer than the receiver allowed. Its bytes were not read, so nothing after it can be:
/// the connection is closed for receiving. (Python: <c>OSError('bad message length')</c>.)
/// </summary>
public sealed class MessageTooLongException : IOException
{
    internal MessageTooLongException(long length, long limit)
        : base($"A message of {length} bytes was announced, at most {limit} are accepted. The connection cannot be read any more.")
    {
        Length = length;
        Limit = limit;
    }

    /// <summary>The announced length in bytes.</summary>
    public long Length { get; }

    /// <summary>The most that was accepted, in bytes.</summary>
    public long Limit { get; }
}
