using System.Security.Cryptography.X509Certificates;

namespace IpcDemos.Shared.Channels;

/// <summary>How a <see cref="ConnectionListener"/> treats those who connect. Immutable.</summary>
public sealed record ConnectionListenerOptions : ConnectionOptions
{
    /// <summary>
    /// How many connections wait to be accepted, at most; 128 unless set. Beyond that the system's own queue fills up, and then
    /// clients wait.
    /// </summary>
    public int Backlog { get; init; } = 128;

    /// <summary>
    /// How many clients may be in the middle of proving that they know the key; 256 unless set. One more makes the one that has
    /// been at it longest give way, so that clients who say nothing keep nobody out.
    /// </summary>
    public int MaximumHandshakes { get; init; } = 256;

    /// <summary>The certificate with its private key that a <c>tls://</c> address needs.</summary>
    public X509Certificate2? Certificate { get; init; }
}
