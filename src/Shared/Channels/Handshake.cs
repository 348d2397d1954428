using System.Security.Authentication;
using System.Security.Cryptography;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// Each side proves to the other, first the connecting one, that it knows the key: answers a random challenge with a keyed
/// digest of it. Byte for byte as CPython's <c>multiprocessing.connection</c> does it (docs/protocol.md, "Handshake").
/// </summary>
/// <param name="connection">Where; no other message may have been exchanged on it.</param>
/// <param name="key">The key.</param>
/// <param name="allowLegacy">Whether MD5 will do, which is all that Python before 3.12 knows.</param>
internal sealed class Handshake(Connection connection, AuthenticationKey key, bool allowLegacy)
{
    private const int MaximumLength = 256;
    private const int LegacyChallengeLength = 20;
    private const int LegacyAnswerLength = 16;

    private static ReadOnlySpan<byte> ChallengePrefix => "#CHALLENGE#"u8;

    private static ReadOnlySpan<byte> Welcome => "#WELCOME#"u8;

    private static ReadOnlySpan<byte> Failure => "#FAILURE#"u8;

    /// <exception cref="AuthenticationException">The other side does not know the key, or refuses this one's.</exception>
    /// <exception cref="IOException">The other side has left, or sent what is no part of a handshake.</exception>
    public async Task AsListenerAsync(CancellationToken cancellationToken)
    {
        await ChallengeAsync(cancellationToken).ConfigureAwait(false);
        await AnswerAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="AsListenerAsync"/>
    public async Task AsClientAsync(CancellationToken cancellationToken)
    {
        await AnswerAsync(cancellationToken).ConfigureAwait(false);
        await ChallengeAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task ChallengeAsync(CancellationToken cancellationToken)
    {
        byte[] message = CreateChallenge();
        await connection.SendBytesAsync(message, cancellationToken).ConfigureAwait(false);
        byte[] answer = await connection.ReceiveBytesAsync(MaximumLength, cancellationToken).ConfigureAwait(false);
        string? fault = Verify(message.AsSpan(ChallengePrefix.Length), answer);
        await connection.SendBytesAsync((fault is null ? Welcome : Failure).ToArray(), cancellationToken).ConfigureAwait(false);
        if (fault is not null)
        {
            throw new AuthenticationException(fault);
        }
    }

    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        byte[] message = await connection.ReceiveBytesAsync(MaximumLength, cancellationToken).ConfigureAwait(false);
        byte[] answer = Answer(message);
        await connection.SendBytesAsync(answer, cancellationToken).ConfigureAwait(false);
        byte[] verdict = await connection.ReceiveBytesAsync(MaximumLength, cancellationToken).ConfigureAwait(false);
        if (!verdict.AsSpan().SequenceEqual(Welcome))
        {
            throw new AuthenticationException("The other side refused the answer to its challenge: it has another key.");
        }
    }

    internal static byte[] CreateChallenge()
    {
        const int randomLength = 40;
        return [.. ChallengePrefix, .. "{sha256}"u8, .. RandomNumberGenerator.GetBytes(randomLength)];
    }

    /// <summary>What is wrong with an answer; null if it proves that the other side knows the key.</summary>
    internal string? Verify(ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> answer)
    {
        string? digest = answer.Length == LegacyAnswerLength ? ChallengeDigest.Legacy : ChallengeDigest.TakeName(ref answer);
        if (digest is null)
        {
            return "The other side answered the challenge with something else: it speaks another protocol.";
        }

        if (digest == ChallengeDigest.Legacy && !allowLegacy)
        {
            return "The other side answered the challenge with MD5, as Python before 3.12 does, which is not switched on here.";
        }

        byte[]? expected = ChallengeDigest.TryCompute(digest, key.Bytes, challenge);
        return expected is null ? $"The other side answered the challenge with the digest '{digest}', which is not supported."
            : CryptographicOperations.FixedTimeEquals(expected, answer) ? null
            : "The other side's answer to the challenge was wrong: it has another key.";
    }

    /// <exception cref="AuthenticationException">It is no challenge, or one that only a digest that is switched off can answer.</exception>
    internal byte[] Answer(ReadOnlySpan<byte> message)
    {
        if (!message.StartsWith(ChallengePrefix))
        {
            throw new AuthenticationException(
                "The other side sent no challenge but something else: it asks for no key, or speaks another protocol.");
        }

        ReadOnlySpan<byte> challenge = message[ChallengePrefix.Length..];
        ReadOnlySpan<byte> rest = challenge;
        string digest = (challenge.Length == LegacyChallengeLength ? null : ChallengeDigest.TakeName(ref rest)) ?? ChallengeDigest.Legacy;
        if (digest == ChallengeDigest.Legacy && !allowLegacy)
        {
            throw new AuthenticationException(
                "The other side asks for an answer with MD5, as Python before 3.12 does, which is not switched on here.");
        }

        byte[] answer = ChallengeDigest.TryCompute(digest, key.Bytes, challenge)
            ?? throw new AuthenticationException($"The other side asks for an answer with the digest '{digest}', which is not supported.");

        // A challenge that names no digest is answered without naming one.
        return rest.Length == challenge.Length ? answer : [.. challenge[..^rest.Length], .. answer];
    }
}
