using System.Security.Cryptography;
using System.Text;

namespace IpcDemos.Shared.Channels;

/// <summary>The keyed digests that answers to a challenge are made with, by the names that stand for them on the wire.</summary>
internal static class ChallengeDigest
{
    public const string Default = "sha256";

    /// <summary>What peers from before Python 3.12 use without naming it.</summary>
    public const string Legacy = "md5";

    /// <summary>The HMAC of the message; null for a digest that the protocol does not have, or this system.</summary>
    public static byte[]? TryCompute(string digest, ReadOnlySpan<byte> key, ReadOnlySpan<byte> message) => digest switch
    {
        "sha256" => HMACSHA256.HashData(key, message),
        "sha384" => HMACSHA384.HashData(key, message),
        "sha3_256" when HMACSHA3_256.IsSupported => HMACSHA3_256.HashData(key, message),
        "sha3_384" when HMACSHA3_384.IsSupported => HMACSHA3_384.HashData(key, message),
        Legacy => LegacyHash(key, message),
        _ => null,
    };

    /// <summary>Takes <c>{name}</c> off the front; null if it does not begin with one.</summary>
    public static string? TakeName(ref ReadOnlySpan<byte> message)
    {
        int end = message.IndexOf((byte)'}');
        if (message.IsEmpty || message[0] != '{' || end is < 0 or > 20)
        {
            return null;
        }

        string name = Encoding.ASCII.GetString(message[1..end]);
        message = message[(end + 1)..];
        return name;
    }

#pragma warning disable CA5351 // Only where the caller has switched on the peers that know nothing better.
    private static byte[] LegacyHash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message) => HMACMD5.HashData(key, message);
#pragma warning restore CA5351
}
