using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Channels;

/// <summary>How <see cref="Connection.Connect"/> connects. Immutable.</summary>
public record ConnectionOptions
{
    /// <summary>
    /// How long the other side may take to accept the connection and to prove that it knows the key; ten seconds unless set.
    /// </summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether the proof may be made with MD5, which is all that Python before 3.12 can; off unless set. MD5 is no longer
    /// trusted, though no way is known to forge its keyed form.
    /// </summary>
    public bool AllowLegacyDigest { get; init; }

    /// <summary>
    /// The longest message in bytes that is received, 2 GiB unless set; a longer one closes the connection. Memory follows the
    /// bytes that come, not the length that was announced.
    /// </summary>
    public int MaximumMessageLength { get; init; } = Array.MaxLength;

    /// <summary>
    /// Whose process is at the other end. <see cref="MessageOrigin.Foreign"/> unless set: set the other only where the key is known
    /// to nobody but the processes of this program.
    /// </summary>
    public MessageOrigin Origin { get; init; } = MessageOrigin.Foreign;
}
