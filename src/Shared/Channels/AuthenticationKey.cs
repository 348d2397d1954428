using System.Security.Cryptography;
using System.Text;
using MessagePack;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// The secret that both sides of a connection prove they know, without ever sending it. The counterpart of Python's
/// <c>authkey</c>. Immutable.
/// </summary>
/// <remarks>
/// Any bytes are a key, none included; what somebody could guess is no secret, and <see cref="CreateRandom"/> gives what
/// nobody can. It can be an argument of a worker, and is refused in messages to a process that this program did not start.
/// </remarks>
[MessagePackFormatter(typeof(AuthenticationKeyFormatter))]
public sealed class AuthenticationKey : IEquatable<AuthenticationKey>
{
    private const int RandomLength = 32;
    private readonly byte[] _bytes;

    private AuthenticationKey(byte[] bytes) => _bytes = bytes;

    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Uses a copy of the bytes as a key.</summary>
    public static AuthenticationKey FromBytes(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    /// <summary>Uses the text, in UTF-8, as a key.</summary>
    public static AuthenticationKey FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new AuthenticationKey(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Makes a key of 32 bytes that nobody can guess.</summary>
    public static AuthenticationKey CreateRandom() => new(RandomNumberGenerator.GetBytes(RandomLength));

    /// <summary>Whether both are the same bytes; takes the same time wherever they differ.</summary>
    public bool Equals(AuthenticationKey? other) => other is not null && CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AuthenticationKey);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <summary>Text for people and logs, without the key.</summary>
    public override string ToString() => $"AuthenticationKey ({_bytes.Length} bytes)";
}
