using System.Security.Cryptography.X509Certificates;
using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Managers;

/// <summary>How a manager's server is set up. Immutable.</summary>
public sealed record ManagerOptions
{
    /// <summary>
    /// Where the server listens. <see langword="null"/>, the default: at a local endpoint that only processes of this program know.
    /// Anything else makes it a public one, which programs that this one did not start can use, too, given the key.
    /// </summary>
    public ConnectionAddress? Address { get; init; }

    /// <summary>What clients must know; a random key unless set. Proxies carry it to this program's own processes, and nowhere else.</summary>
    public AuthenticationKey? Key { get; init; }

    /// <summary>The certificate with its private key that a <c>tls://</c> address needs.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The program's own types to be hosted. Runs in the server.</summary>
    public Action<ManagerTypes>? Types { get; init; }

    /// <summary>Runs in the server before the first client is served.</summary>
    public Action? Initializer { get; init; }

    /// <summary>How many clients may be connected; 10 000 unless set. One more is turned away.</summary>
    public int MaximumClients { get; init; } = 10_000;

    /// <summary>The longest request, in bytes, that is accepted; 64 MiB unless set. A longer one ends that client's connection.</summary>
    public int MaximumRequestLength { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// How many bytes of answers are kept for a client that does not read them; 64 MiB unless set. Then its connection is ended, so
    /// that it can neither fill the server's memory nor hold up others.
    /// </summary>
    public int MaximumUnreadLength { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// How many calls of one client may wait in the server at a time, for an item, a lock, another party or a method's end; 65 536
    /// unless set. One more fails.
    /// </summary>
    public int MaximumWaitingCalls { get; init; } = 65_536;

    /// <summary>
    /// How long a proxy that was sent, and that nobody has received yet, keeps its object alive without the sender's help; an hour
    /// unless set, <see cref="Timeout.InfiniteTimeSpan"/> for ever. It bounds what messages that nobody ever reads can cost.
    /// </summary>
    public TimeSpan TransitLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How many proxies that one client has sent to other processes may be on their way, not yet received; 1 048 576 unless set. One
    /// more is refused when it is sent, with a <see cref="Serialization.MessageSerializationException"/> (up to a thousand more may
    /// pass before that), and a client that ignores that is cut off. Those of all clients together that have ended are as many, too:
    /// if there are more, the client that left most of them loses its oldest.
    /// </summary>
    public int MaximumTransits { get; init; } = 1024 * 1024;

    /// <summary>How long a client may take to prove that it knows the key; ten seconds unless set.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether a client may prove with MD5 that it knows the key, which is all that Python before 3.12 can; off unless set.
    /// </summary>
    public bool AllowLegacyDigest { get; init; }
}
