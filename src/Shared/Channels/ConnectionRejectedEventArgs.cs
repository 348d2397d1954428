namespace IpcDemos.Shared.Channels;

/// <summary>Tells why a listener turned a client away.</summary>
/// <param name="remoteAddress">Where it connected from, for TCP; otherwise <see langword="null"/>.</param>
/// <param name="error">What was wrong.</param>
public sealed class ConnectionRejectedEventArgs(string? remoteAddress, Exception error) : EventArgs
{
    /// <summary>The client's address and port, for TCP; otherwise <see langword="null"/>.</summary>
    public string? RemoteAddress { get; } = remoteAddress;

    /// <summary>
    /// <see cref="System.Security.Authentication.AuthenticationException"/>: another key or none. <see cref="TimeoutException"/>: it
    /// was too slow. <see cref="IOException"/>: it left, sent garbage, or gave way to others.
    /// </summary>
    public Exception Error { get; } = error;
}
