using System.Security.Authentication;
using System.Security.Cryptography;
using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Tests.Channels;

public sealed class HandshakeTests
{
    private static readonly AuthenticationKey s_key = AuthenticationKey.FromText("key");

    [Theory(Timeout = 60_000)]
    [InlineData("{sha256}", 32)]
    [InlineData("{sha384}", 48)]
    [InlineData("{sha3_256}", 32)]
    [InlineData("{md5}", 16)]
    public void Answers_verify_and_keep_the_digests_name(string digest, int length)
    {
        Assert.SkipWhen(digest == "{sha3_256}" && !SHA3_256.IsSupported, "This system has no SHA-3.");
        using var pipe = new TestPipe();
        var handshake = new Handshake(pipe.Connection, s_key, allowLegacy: true);
        byte[] challenge = [.. System.Text.Encoding.ASCII.GetBytes(digest), .. RandomNumberGenerator.GetBytes(40)];
        byte[] answer = handshake.Answer([.. "#CHALLENGE#"u8, .. challenge]);
        Assert.StartsWith(digest, System.Text.Encoding.Latin1.GetString(answer), StringComparison.Ordinal);
        Assert.Equal(digest.Length + length, answer.Length);
        Assert.Null(handshake.Verify(challenge, answer));
        answer[^1] ^= 1;
        Assert.NotNull(handshake.Verify(challenge, answer));
    }

    [Fact(Timeout = 60_000)]
    public void A_challenge_of_twenty_bytes_is_answered_with_a_bare_md5_if_switched_on()
    {
        using var pipe = new TestPipe();
        byte[] challenge = RandomNumberGenerator.GetBytes(20);
        byte[] answer = new Handshake(pipe.Connection, s_key, allowLegacy: true).Answer([.. "#CHALLENGE#"u8, .. challenge]);
        Assert.Equal(16, answer.Length);
        Assert.Null(new Handshake(pipe.Connection, s_key, allowLegacy: true).Verify(challenge, answer));
        Assert.Contains("MD5", new Handshake(pipe.Connection, s_key, allowLegacy: false).Verify(challenge, answer), StringComparison.Ordinal);
        Assert.Throws<AuthenticationException>(
            () => new Handshake(pipe.Connection, s_key, allowLegacy: false).Answer([.. "#CHALLENGE#"u8, .. challenge]));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("#CHALLENGE#{sha1}0123456789012345678901234567890123456789")]
    [InlineData("#WELCOME#")]
    [InlineData("")]
    public void What_is_no_challenge_that_we_answer_is_an_authentication_error(string message)
    {
        using var pipe = new TestPipe();
        Assert.Throws<AuthenticationException>(
            () => new Handshake(pipe.Connection, s_key, allowLegacy: false).Answer(System.Text.Encoding.ASCII.GetBytes(message)));
    }

    [Fact(Timeout = 60_000)]
    public void Every_challenge_is_another() => Assert.NotEqual(Handshake.CreateChallenge(), Handshake.CreateChallenge());

    [Fact(Timeout = 60_000)]
    public void A_key_does_not_show_itself()
    {
        Assert.Equal("AuthenticationKey (3 bytes)", s_key.ToString());
        Assert.Equal(s_key, AuthenticationKey.FromBytes("key"u8));
        Assert.NotEqual(AuthenticationKey.CreateRandom(), AuthenticationKey.CreateRandom());
    }

    private sealed class TestPipe : IDisposable
    {
        private readonly (Connection First, Connection Second) _ends = Pipe.Create();

        public Connection Connection => _ends.First;

        public void Dispose()
        {
            _ends.First.Dispose();
            _ends.Second.Dispose();
        }
    }
}
