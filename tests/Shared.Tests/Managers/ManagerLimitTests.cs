using System.Globalization;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Tests.Support;
using MessagePack;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class ManagerLimitTests : IDisposable
{
    private const int Limit = 100_000;

    private const int MaximumTransits = 100;

    private readonly ManagerServer _server = new(new ManagerOptions { MaximumRequestLength = Limit, MaximumTransits = MaximumTransits });

    public void Dispose() => _server.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Calls_that_are_not_waited_for_leave_in_frames_that_the_server_accepts()
    {
        using Manager manager = Manager.Connect(_server.Address, _server.Key);
        using SharedList<byte[]> list = manager.CreateList<byte[]>();
        byte[] item = new byte[Limit / 10];
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(_ => list.AddAsync(item, TestContext.Current.CancellationToken)));
        Assert.Equal(1_000, list.Count);
    }

    [Fact(Timeout = 60_000)]
    public void A_call_that_is_too_long_for_the_server_is_refused_with_both_lengths_and_ends_nothing()
    {
        using Manager manager = Manager.Connect(_server.Address, _server.Key);
        using SharedList<byte[]> list = manager.CreateList<byte[]>();
        ArgumentException error = Assert.Throws<ArgumentException>(() => list.Add(new byte[2 * Limit]));
        Assert.Contains("'append' takes 200", error.Message, StringComparison.Ordinal);
        Assert.Contains($"accepts {Limit} at most", error.Message, StringComparison.Ordinal);
        list.Add(new byte[Limit - 1_000]);
        Assert.Single(list);
    }

    [Fact(Timeout = 60_000)]
    public void A_proxy_more_on_its_way_than_the_server_keeps_is_refused_until_those_before_are_received()
    {
        using Manager manager = Manager.Connect(_server.Address, _server.Key);
        using SharedList<int> list = manager.CreateList([7]);
        (Connection here, Connection there) = Pipe.Create();
        using (here)
        using (there)
        {
            Queue<byte[]> unread = [];
            MessageSerializationException? refusal = null;
            while (refusal is null && unread.Count < 10_000)
            {
                refusal = (MessageSerializationException?)Record.Exception(() => here.Send(list));
                if (refusal is null)
                {
                    unread.Enqueue(there.ReceiveBytes());
                }
            }

            Assert.Contains(nameof(ManagerOptions.MaximumTransits), refusal?.ToString(), StringComparison.Ordinal);
            Assert.InRange(unread.Count, MaximumTransits, MaximumTransits + 1024);
            Assert.Equal(unread.Count, manager.Inspect().Clients.Single().SentProxies);
            Assert.Throws<MessageSerializationException>(() => here.Send(list));
            Assert.Equal([7], list);

            while (unread.TryDequeue(out byte[]? message))
            {
                here.SendBytes(message);
                using SharedList<int> received = there.Receive<SharedList<int>>();
                Assert.Equal(list, received);
            }

            Assert.Equal(0, manager.Inspect().Clients.Single().SentProxies);
            here.Send(list);
            there.Receive<SharedList<int>>().Dispose();
        }
    }

    [Fact(Timeout = 60_000)]
    public void A_client_that_sends_proxies_beyond_all_limits_is_cut_off_with_the_reason_and_others_are_served()
    {
        using ManagerServer server = Serve();
        using Connection client = Join(server);
        ulong number = ManagerProtocolTests.Call(client, 1, 0, "create", "event", false).Reference;
        client.SendBytes([.. Enumerable.Range(1, 10_000).SelectMany(
            ticket => MessagePackSerializer.Serialize<object[]>([0u, 0, "offer", new object[] { number, (ulong)ticket }]))]);
        object[] farewell = MessagePackSerializer.Deserialize<object[]>(client.ReceiveBytes(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains(nameof(ManagerOptions.MaximumTransits), (string)farewell[2], StringComparison.Ordinal);
        Assert.Throws<ConnectionClosedException>(() => client.ReceiveBytes());
        using Manager manager = Manager.Connect(server.Address, server.Key);
        using SharedList<int> list = manager.CreateList([1]);
        Assert.Equal([1], list);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_client_that_comes_and_goes_adds_no_more_than_the_server_keeps_and_takes_nothing_from_others()
    {
        using ManagerServer server = Serve();
        ulong kept = Leave(server, proxies: 1);
        for (int visit = 0; visit < 10; visit++)
        {
            _ = Leave(server, MaximumTransits / 2);
            await Eventually.HoldsAsync(() => server.Inspect().Clients.Count == 0);
            Assert.InRange(server.Inspect().Objects.Count, 1, MaximumTransits);
        }

        Assert.Equal(MaximumTransits, server.Inspect().Objects.Count);
        using Connection receiver = Join(server);
        object[] takenUp = Ask(receiver, 1, 0, "take_up", kept, kept);
        Assert.Equal(0, Convert.ToInt32(takenUp[1], CultureInfo.InvariantCulture));
        object[] used = Ask(receiver, 2, kept, "is_set");
        Assert.Equal(false, used[2]);

        // Each offers a new object, with its number for the ticket, and has nothing of it itself when it is gone.
        static ulong Leave(ManagerServer server, int proxies)
        {
            using Connection client = Join(server);
            ulong number = 0;
            for (uint call = 1; call <= proxies; call++)
            {
                number = ManagerProtocolTests.Call(client, call, 0, "create", "event", false).Reference;
                _ = Ask(client, call, 0, "offer", number, number);
            }

            return number;
        }
    }

    private static ManagerServer Serve() =>
        new(new ManagerOptions { Address = ConnectionAddress.Tcp("127.0.0.1"), Key = AuthenticationKey.FromText("key"), MaximumTransits = MaximumTransits });

    private static Connection Join(ManagerServer server) => ManagerProtocolTests.Greet(server.Address);

    private static object[] Ask(Connection client, uint id, ulong target, string method, params object[] arguments)
    {
        client.SendBytes(MessagePackSerializer.Serialize<object[]>([id, target, method, arguments]));
        return MessagePackSerializer.Deserialize<object[]>(client.ReceiveBytes());
    }
}
