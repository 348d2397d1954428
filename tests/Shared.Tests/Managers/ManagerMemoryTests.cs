using System.Diagnostics;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Tests.Support;
using MessagePack;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class ManagerMemoryTests
{
    private const long MaximumGrowth = 300L * 1024 * 1024;

    private static readonly int s_rounds = Wine.Times(40);

    // What claims to be far longer than it is, in each of the forms that have a length.
    private static readonly string[] s_claims =
    [
        "DDFFFFFFFF", "DFFFFFFFFF", "DBFFFFFFFF61", "C6FFFFFFFF61", "C9FFFFFFFF0461",
        "940100A6637265617465DDFFFFFFFF", "940100A6637265617465" + "92A46C697374" + "DDFFFFFFFF",
        "940100A6637265617465" + "92AA64696374696F6E617279" + "DFFFFFFFFF",
        "940100A6637265617465" + "92A576616C7565" + "C6FFFFFFFF00",
    ];

    [Fact(Timeout = 180_000)]
    public async Task What_strangers_send_and_do_not_read_leaves_the_servers_memory_bounded_and_the_next_honest_client_served()
    {
        AuthenticationKey key = AuthenticationKey.FromText("key");
        using Manager manager = Manager.Start(new ManagerOptions
        {
            Address = ConnectionAddress.Tcp("127.0.0.1"),
            Key = key,
            MaximumRequestLength = 1024 * 1024,
            MaximumUnreadLength = 4 * 1024 * 1024,
        });
        Torment(manager.Address, rounds: 2);
        long before = Memory(manager);
        Connection[] unread = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () => AskAndNeverRead(manager.Address), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Torment(manager.Address, s_rounds);
        Assert.InRange(Memory(manager) - before, long.MinValue, MaximumGrowth);

        using (Manager honest = Manager.Connect(manager.Address, key))
        using (SharedList<int> list = honest.CreateList([1, 2]))
        {
            list.Add(3);
            Assert.Equal([1, 2, 3], list);
        }

        Array.ForEach(unread, client => client.Dispose());
    }

    private static void Torment(ConnectionAddress address, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            foreach (string claim in s_claims)
            {
                using Connection liar = ManagerProtocolTests.Greet(address);
                liar.SendBytes(Convert.FromHexString(claim));
                Assert.NotEmpty(liar.ReceiveBytes()); // the reason, or that the call has failed
            }

            using Connection longWinded = ManagerProtocolTests.Greet(address);
            _ = Record.Exception(() => longWinded.SendBytes(new byte[16 * 1024 * 1024]));
        }
    }

    /// <summary>Until the server does not hear it any more.</summary>
    private static Connection AskAndNeverRead(ConnectionAddress address)
    {
        Connection client = ManagerProtocolTests.Greet(address);
        ulong number = ManagerProtocolTests.Call(client, 1, 0, "create", "value", new string('x', 90_000)).Reference;
        byte[] request = MessagePackSerializer.Serialize<object[]>([2u, number, "get", Array.Empty<object>()]);
        byte[] requests = [.. Enumerable.Repeat(request, 500).SelectMany(each => each)];
        while (Record.Exception(() => client.SendBytes(requests, TimeSpan.FromSeconds(1))) is null)
        {
        }

        return client;
    }

    private static long Memory(Manager manager)
    {
        using Process server = Process.GetProcessById(manager.Worker!.ProcessId!.Value);
        return server.WorkingSet64;
    }
}
