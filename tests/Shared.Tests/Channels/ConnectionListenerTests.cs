using System.Net.Sockets;
using System.Security.Authentication;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

public sealed class ConnectionListenerTests
{
    private static readonly AuthenticationKey s_key = AuthenticationKey.FromText("the right key");
    private static readonly ConnectionAddress s_loopback = ConnectionAddress.Tcp("127.0.0.1");

    public static TheoryData<string> Addresses =>
        [ConnectionAddress.CreateLocal().ToString(), "tcp://127.0.0.1:0", "tcp://[::1]:0"];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Addresses))]
    public async Task A_client_with_the_key_is_accepted_and_both_sides_talk(string address)
    {
        using var listener = new ConnectionListener(ConnectionAddress.Parse(address), s_key);
        Task<Connection> connecting = Connection.ConnectAsync(listener.Address, s_key, cancellationToken: TestContext.Current.CancellationToken);
        using Connection accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        using Connection client = await connecting;

        client.Send("42, 1");
        Assert.Equal("42, 1", accepted.Receive<string>());
        accepted.SendBytes("hello"u8);
        Assert.True(client.Poll(TimeSpan.FromSeconds(30)));
        Assert.Equal("hello"u8.ToArray(), client.ReceiveBytes());
        byte[] large = new byte[16 * 1024 * 1024];
        Random.Shared.NextBytes(large);
        Task sending = client.SendBytesAsync(large, TestContext.Current.CancellationToken).AsTask();
        Assert.Equal(large, await accepted.ReceiveBytesAsync(cancellationToken: TestContext.Current.CancellationToken));
        await sending;
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Addresses))]
    public void A_second_listener_at_the_same_address_is_refused(string address)
    {
        if (address.StartsWith("pipe:", StringComparison.Ordinal))
        {
            Wine.SkipHere("it lets a pipe be made that is to be the first of its name and is not.");
        }

        using var listener = new ConnectionListener(ConnectionAddress.Parse(address), s_key);
        IOException error = Assert.Throws<IOException>(() => new ConnectionListener(listener.Address, s_key));
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("tcp://127.0.0.1:0")]
    [InlineData("tcp://[::1]:0")]
    public void The_address_of_a_closed_listener_can_be_listened_at_at_once(string address)
    {
        ConnectionAddress next = ConnectionAddress.Parse(address);
        for (int times = 0; times < 50; times++)
        {
            // After the first client another thread waits for the next one.
            using var listener = new ConnectionListener(next, s_key);
            using Connection client = Connection.Connect(listener.Address, s_key);
            using Connection accepted = listener.Accept();
            next = listener.Address;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wrong_key_is_an_authentication_error_on_both_sides_and_the_next_client_is_served()
    {
        using var listener = new ConnectionListener(s_loopback, s_key);
        var rejected = new TaskCompletionSource<ConnectionRejectedEventArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        listener.Rejected += (_, rejection) => rejected.TrySetResult(rejection);

        await Assert.ThrowsAsync<AuthenticationException>(() => Connection.ConnectAsync(
            listener.Address, AuthenticationKey.FromText("wrong"), cancellationToken: TestContext.Current.CancellationToken));
        ConnectionRejectedEventArgs rejection = await rejected.Task;
        Assert.IsType<AuthenticationException>(rejection.Error);
        Assert.StartsWith("127.0.0.1:", rejection.RemoteAddress, StringComparison.Ordinal);

        using Connection client = Connection.Connect(listener.Address, s_key);
        using Connection accepted = listener.Accept();
        client.Send(1);
        Assert.Equal(1, accepted.Receive<int>());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_client_that_does_not_know_the_key_cannot_pretend_by_saying_welcome()
    {
        using var listener = new ConnectionListener(key: s_key);
        var rejected = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        listener.Rejected += (_, rejection) => rejected.TrySetResult(rejection.Error);
        using Connection client = Connection.Connect(listener.Address);
        byte[] challenge = client.ReceiveBytes();
        client.SendBytes([.. "{sha256}"u8, .. new byte[32]]);
        Assert.Equal("#FAILURE#"u8.ToArray(), client.ReceiveBytes());
        Assert.StartsWith("#CHALLENGE#{sha256}", System.Text.Encoding.Latin1.GetString(challenge), StringComparison.Ordinal);
        Assert.Equal(59, challenge.Length);
        Assert.IsType<AuthenticationException>(await rejected.Task);
        Assert.Throws<ConnectionClosedException>(() => client.ReceiveBytes());
    }

    [Fact(Timeout = 60_000)]
    public void An_empty_key_is_a_key()
    {
        AuthenticationKey empty = AuthenticationKey.FromBytes([]);
        using var listener = new ConnectionListener(key: empty);
        Assert.Throws<AuthenticationException>(() => Connection.Connect(listener.Address, s_key));
        using Connection client = Connection.Connect(listener.Address, empty);
        using Connection accepted = listener.Accept();
    }

    [Fact(Timeout = 60_000)]
    public void A_network_listener_without_a_key_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new ConnectionListener(s_loopback));
        Assert.Throws<ArgumentException>(() => new ConnectionListener(ConnectionAddress.Tls("127.0.0.1"), s_key));
    }

    [Fact(Timeout = 60_000)]
    public void A_client_with_a_key_learns_that_the_listener_asks_for_none()
    {
        using var listener = new ConnectionListener();
        var options = new ConnectionOptions { HandshakeTimeout = TimeSpan.FromSeconds(3) };
        TimeoutException error = Assert.Throws<TimeoutException>(() => Connection.Connect(listener.Address, s_key, options));
        Assert.Contains("asking for no key", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public void Connecting_where_nobody_listens_fails_at_once()
    {
        Assert.Throws<IOException>(() => Connection.Connect(ConnectionAddress.CreateLocal(), s_key));
        ConnectionAddress address;
        using (var listener = new ConnectionListener(s_loopback, s_key))
        {
            address = listener.Address;
        }

        // Any: while another process is just being started, which has a copy of what this one has open, the system may still accept it.
        Assert.ThrowsAny<IOException>(() => Connection.Connect(address, s_key));
    }

    [Fact(Timeout = 60_000)]
    public async Task Closing_a_listener_ends_a_waiting_accept_and_leaves_accepted_connections()
    {
        var listener = new ConnectionListener();
        using Connection client = Connection.Connect(listener.Address);
        using Connection accepted = listener.Accept();
        Task<Connection> waiting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        listener.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        Assert.Throws<ObjectDisposedException>(() => listener.Accept());
        client.Send("still here");
        Assert.Equal("still here", accepted.Receive<string>());
    }

    [Fact(Timeout = 60_000)]
    public void Accept_gives_up_in_time_and_a_client_that_left_before_is_still_accepted()
    {
        using var listener = new ConnectionListener();
        Assert.Throws<TimeoutException>(() => listener.Accept(TimeSpan.Zero));
        using (Connection client = Connection.Connect(listener.Address))
        {
            client.Send("gone");
        }

        using Connection accepted = listener.Accept();
        Assert.Equal("gone", accepted.Receive<string>());
        Assert.Throws<ConnectionClosedException>(() => accepted.Receive<string>());
    }

    [Fact(Timeout = 120_000)]
    public async Task Two_thousand_silent_clients_keep_nobody_out()
    {
        using var listener = new ConnectionListener(s_loopback, s_key, new ConnectionListenerOptions { MaximumHandshakes = 64 });
        var silent = new List<Socket>();
        try
        {
            for (int client = 0; client < Wine.Times(2_000); client++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                silent.Add(socket);
                await socket.ConnectAsync("127.0.0.1", listener.Address.Port, TestContext.Current.CancellationToken);
                if (client % 3 == 0)
                {
                    await socket.SendAsync(new byte[] { 0, 0 }, TestContext.Current.CancellationToken);
                }
            }

            using Connection honest = Connection.Connect(listener.Address, s_key);
            using Connection accepted = listener.Accept();
            honest.Send(7);
            Assert.Equal(7, accepted.Receive<int>());
        }
        finally
        {
            silent.ForEach(socket => socket.Dispose());
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x7f, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0x80, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 3, 1, 2, 3 })]
    [InlineData(new byte[] { (byte)'G', (byte)'E', (byte)'T', (byte)' ' })]
    public async Task A_client_that_sends_garbage_is_turned_away(byte[] garbage)
    {
        using var listener = new ConnectionListener(s_loopback, s_key);
        var rejected = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        listener.Rejected += (_, rejection) => rejected.TrySetResult(rejection.Error);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", listener.Address.Port, TestContext.Current.CancellationToken);
        await socket.SendAsync(garbage, TestContext.Current.CancellationToken);
        Exception error = await rejected.Task;
        Assert.True(error is IOException or AuthenticationException or InvalidDataException, error.ToString());
    }

    [Fact(Timeout = 60_000)]
    public void Messages_longer_than_the_limit_are_refused_and_only_that_connection_ends()
    {
        using var listener = new ConnectionListener(options: new ConnectionListenerOptions { MaximumMessageLength = 1000 });
        using Connection client = Connection.Connect(listener.Address);
        using Connection accepted = listener.Accept();
        client.SendBytes(new byte[1001]);
        Assert.Equal(1001, Assert.Throws<MessageTooLongException>(() => accepted.ReceiveBytes()).Length);
        using Connection other = Connection.Connect(listener.Address);
        using Connection next = listener.Accept();
        other.SendBytes(new byte[1000]);
        Assert.Equal(1000, next.ReceiveBytes().Length);
    }

    [Fact(Timeout = 60_000)]
    public void What_is_shared_by_reference_does_not_travel_to_strangers()
    {
        using var listener = new ConnectionListener();
        using Connection client = Connection.Connect(listener.Address);
        using Connection accepted = listener.Accept();
        (Connection first, Connection second) = Pipe.Create();
        using (first)
        using (second)
        {
            Assert.ThrowsAny<MessagePack.MessagePackSerializationException>(() => client.Send(second));
            Assert.ThrowsAny<MessagePack.MessagePackSerializationException>(() => client.Send(s_key));
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("tcp://localhost:80")]
    [InlineData("tcp://[::1]:65535")]
    [InlineData("tls://example.org:443")]
    public void Addresses_survive_as_text(string text) => Assert.Equal(text, ConnectionAddress.Parse(text).ToString());

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData("localhost:80")]
    [InlineData("tcp://localhost")]
    [InlineData("tcp://:80")]
    [InlineData("tcp://localhost:65536")]
    [InlineData("tls://localhost:80#abc")]
    [InlineData("unix:")]
    public void What_is_no_address_is_told(string text)
    {
        Assert.Throws<FormatException>(() => ConnectionAddress.Parse(text));
        Assert.False(ConnectionAddress.TryParse(text, out _));
    }
}
