namespace IpcDemos.Shared.Channels;

/// <summary>
/// The other side has closed its end, or its process has ended: at a message boundary, so that nothing was lost in between.
/// Thrown by receiving when no message is left, and by sending when nobody can receive any more. (Python: <c>EOFError</c>,
/// <c>BrokenPipeError</c>.)
/// </summary>
public sealed class ConnectionClosedException : IOException
{
    /// <summary>Creates the error with the usual message.</summary>
    public ConnectionClosedException()
        : this("The other side has closed the connection, or its process has ended.")
    {
    }

    /// <summary>Creates the error.</summary>
    /// <param name="message">What was attempted.</param>
    /// <param name="innerException">What the system said, if it said something.</param>
    public ConnectionClosedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
