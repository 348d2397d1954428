using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using MessagePack;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class ManagerClientTests
{
    private static readonly AuthenticationKey s_key = AuthenticationKey.FromText("the key of the tests");

    [Fact(Timeout = 60_000)]
    public void After_a_restart_at_the_same_address_a_process_that_made_no_call_meanwhile_connects_to_the_new_server()
    {
        var options = new ManagerOptions { Address = ConnectionAddress.Tcp("127.0.0.1"), Key = s_key };
        var first = new ManagerServer(options);
        using Manager before = Manager.Connect(first.Address, s_key);
        using SharedList<int> lost = before.CreateList([1]);
        first.Dispose();

        using var second = new ManagerServer(options with { Address = first.Address });
        using Manager after = Manager.Connect(second.Address, s_key);
        using SharedList<int> list = after.CreateList([2]);
        Assert.Equal([2], list);
        Assert.Throws<ManagerDisconnectedException>(() => lost.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_client_that_survives_the_death_of_its_server_goes_on_with_the_next_one_at_the_same_address()
    {
        var options = new ManagerOptions { Address = ConnectionAddress.Tcp("127.0.0.1"), Key = s_key };
        using Manager first = Manager.Start(options);
        using SharedList<int> lost = first.CreateList([1]);
        using SharedQueue<int> queue = first.CreateQueue<int>();
        Task<int> awaiting = queue.GetAsync(cancellationToken: TestContext.Current.CancellationToken);
        Task<int> blocked = Task.Run(() => queue.Get(), TestContext.Current.CancellationToken);
        await ManagerTests.WaitUntilWaitingAsync(first, 2);
        first.Worker!.Kill();
        await Assert.ThrowsAsync<ManagerDisconnectedException>(() => awaiting);
        await Assert.ThrowsAsync<ManagerDisconnectedException>(() => blocked);

        using Manager second = Manager.Start(options with { Address = first.Address });
        Assert.Equal(first.Address, second.Address);
        ManagerDisconnectedException error = Assert.Throws<ManagerDisconnectedException>(() => lost[0]);
        Assert.Contains("killed", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ManagerDisconnectedException>(() => lost.AddAsync(2, TestContext.Current.CancellationToken));
        Assert.Throws<ManagerDisconnectedException>(() => first.CreateList<int>());
        Assert.Contains("gone", lost.ToString(), StringComparison.Ordinal);

        using SharedList<int> list = second.CreateList([2]);
        Assert.False(lost.Equals(list));
        using Manager again = Manager.Connect(second.Address, s_key);
        again.Publish("numbers", list);
        using SharedList<int> opened = again.OpenList<int>("numbers");
        lost.Dispose();
        first.Dispose();
        Assert.Equal([2], opened);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData("C1")]
    [InlineData("98")]
    [InlineData("A3 61 62 63")]
    [InlineData("98 A3 61 62 63 02 03 04 05 06 07 08")] // another name
    [InlineData("98 B0 69 70 63 64 65 6D 6F 73 2D 6D 61 6E 61 67 65 72 03 A1 61 01 01 01 C0 01")] // another version
    [InlineData("98 B0 69 70 63 64 65 6D 6F 73 2D 6D 61 6E 61 67 65 72 02 C0 C0")]
    [InlineData("98 B0 69 70 63 64 65 6D 6F 73 2D 6D 61 6E 61 67 65 72 02 A1 61 CF FF FF FF FF FF FF FF FF")]
    [InlineData("98 B0 69 70 63 64 65 6D 6F 73 2D 6D 61 6E 61 67 65 72 02 A1 61 01 01 00 93 01 02 03 01")] // a pipe over the network
    [InlineData("DD FF FF FF FF")]
    public async Task A_greeting_that_makes_no_sense_is_a_typed_error(string greeting)
    {
        using var listener = new ConnectionListener(ConnectionAddress.Tcp("127.0.0.1"), s_key);
        Task answering = AnswerAsync();
        Assert.Throws<ManagerDisconnectedException>(() => Manager.Connect(listener.Address, s_key));
        await answering;

        async Task AnswerAsync()
        {
            using Connection client = await listener.AcceptAsync(TestContext.Current.CancellationToken);
            _ = await client.ReceiveBytesAsync(cancellationToken: TestContext.Current.CancellationToken);
            await client.SendBytesAsync(
                Convert.FromHexString(greeting.Replace(" ", "", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
            _ = await Assert.ThrowsAnyAsync<IOException>(
                () => client.ReceiveBytesAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_network_server_that_claims_to_be_of_this_program_is_a_stranger_all_the_same()
    {
        using var listener = new ConnectionListener(ConnectionAddress.Tcp("127.0.0.1"), s_key);
        Task serving = ServeAsync();
        using (Manager manager = Manager.Connect(listener.Address, s_key))
        using (SharedQueue<Connection> connections = manager.CreateQueue<Connection>())
        {
            (Connection first, Connection second) = Pipe.Create();
            using (first)
            using (second)
            {
                Assert.ThrowsAny<MessagePackSerializationException>(() => connections.Put(second));
            }
        }

        await serving;

        async Task ServeAsync()
        {
            using Connection client = await listener.AcceptAsync(TestContext.Current.CancellationToken);
            _ = await client.ReceiveBytesAsync(cancellationToken: TestContext.Current.CancellationToken);
            await client.SendBytesAsync(
                MessagePackSerializer.Serialize<object?[]>(
                    ["ipcdemos-manager", 2, "impostor", 1, 1, 0, null, 100_000], cancellationToken: TestContext.Current.CancellationToken),
                TestContext.Current.CancellationToken);
            try
            {
                while (true)
                {
                    Answer(await client.ReceiveBytesAsync(cancellationToken: TestContext.Current.CancellationToken), client);
                }
            }
            catch (IOException)
            {
                // The manager was disposed of.
            }
        }

        static void Answer(byte[] request, Connection client)
        {
            var reader = new MessagePackReader(request);
            _ = reader.ReadArrayHeader();
            uint id = reader.ReadUInt32();
            byte[] reference = [0xd7, 4, 0, 0, 0, 0, 0, 0, 0, 1];
            if (id != 0)
            {
                client.SendBytes([0x93, .. MessagePackSerializer.Serialize(id), 0, .. reference]);
            }
        }
    }
}
