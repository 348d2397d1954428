using System.Buffers;
using System.Buffers.Binary;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;
using MessagePack;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class ManagerProtocolTests : IDisposable
{
    // Each is a file descriptor in the server's process and one in the clients'.
    private const int IdleClients = 10_000;

    private static readonly AuthenticationKey s_key = AuthenticationKey.FromText("key");
    private readonly ManagerServer _server = new(new ManagerOptions
    {
        Address = ConnectionAddress.Tcp("127.0.0.1"),
        Key = s_key,
        MaximumRequestLength = 100_000,
        MaximumUnreadLength = 1_000_000,
    });

    public void Dispose() => _server.Dispose();

    [Fact(Timeout = 60_000)]
    public void Another_version_is_told_which_one_is_spoken_here()
    {
        using Connection client = Connection.Connect(_server.Address, s_key);
        client.SendBytes(MessagePackSerializer.Serialize<object[]>(["ipcdemos-manager", 999, "x", 1]));
        object[] answer = MessagePackSerializer.Deserialize<object[]>(client.ReceiveBytes());
        Assert.Equal("ipcdemos-manager", answer[0]);
        Assert.Equal(2, Integer(answer[1]));
        Assert.Throws<ConnectionClosedException>(() => client.ReceiveBytes());
        AssertServes();
    }

    [Theory(Timeout = 60_000)]
    [InlineData("93 01 00 A3 61 62 63")] // three elements
    [InlineData("94 01 00 A3 61 62 63 01")] // arguments that are no array
    [InlineData("94 01 00 A3 61 62 63 DD FF FF FF FF")] // an array of four billion
    [InlineData("94 01 00 A3 61 62 63 DF FF FF FF FF")]
    [InlineData("94 01 00 DB FF FF FF FF 61")] // a text of four billion bytes
    [InlineData("94 01 00 01 90")] // a number instead of a name
    [InlineData("94 A1 61 00 A1 61 90")] // a text instead of a number
    [InlineData("94 FF 00 A1 61 90")] // a negative number
    [InlineData("C1")]
    [InlineData("94 01 00")]
    public void What_is_no_request_ends_that_connection_with_a_reason(string bytes)
    {
        using Connection client = Greet();
        client.SendBytes(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));
        object[] farewell = MessagePackSerializer.Deserialize<object[]>(client.ReceiveBytes());
        Assert.Equal(3, Integer(farewell[1]));
        Assert.Contains("no request", (string)farewell[2], StringComparison.Ordinal);
        Assert.Throws<ConnectionClosedException>(() => client.ReceiveBytes());
        AssertServes();
    }

    [Fact(Timeout = 60_000)]
    public void Names_that_do_not_exist_and_wrong_arguments_fail_that_call_only()
    {
        using Connection client = Greet();
        Assert.Equal(9, Call(client, 1, 0, "fly").Failure);
        Assert.Equal(9, Call(client, 2, 0, "create", "System.Diagnostics.Process").Failure);
        Assert.Equal(8, Call(client, 3, 12345, "get", 1).Failure);
        Assert.Equal(10, Call(client, 4, 0, "create").Failure);
        Assert.Equal(10, Call(client, 5, 0, "create", "queue", "many").Failure);
        Assert.Equal(-1, Call(client, 6, 0, "create", "list", Array.Empty<object>()).Failure);
        AssertServes();
    }

    [Fact(Timeout = 60_000)]
    public void A_method_of_a_class_that_its_interface_lacks_cannot_be_called()
    {
        using var server = new ManagerServer(new ManagerOptions
        {
            Address = ConnectionAddress.Tcp("127.0.0.1"),
            Key = s_key,
            Types = static types => types.Register<IExposed>(static () => new Exposed()),
        });
        using Connection client = Greet(server.Address);
        ulong number = Call(client, 1, 0, "create", typeof(IExposed).FullName!).Reference;
        foreach (string hidden in (string[])[nameof(Exposed.Hidden), nameof(ToString), nameof(GetType), "get_Secret", "Dispose", ".ctor"])
        {
            Assert.Equal(9, Call(client, 3, number, hidden).Failure);
        }

        Assert.False(Exposed.WasHiddenCalled);
    }

    [Fact(Timeout = 60_000)]
    public void A_deeply_nested_value_is_kept_or_refused_and_kills_nobody()
    {
        using Connection client = Greet();
        byte[] nested = [.. Enumerable.Repeat((byte)0x91, 90_000), 0xc0];
        byte[] head = MessagePackSerializer.Serialize<object[]>([1, 0, "create", Array.Empty<object>()]);
        byte[] request = [.. head[..^1], 0x92, .. MessagePackSerializer.Serialize("value"), .. nested];
        client.SendBytes(request);
        Assert.NotEmpty(client.ReceiveBytes());
        AssertServes();
    }

    [Fact(Timeout = 120_000)]
    public void Mutated_and_truncated_requests_leave_the_server_serving()
    {
        var random = new Random(7);
        byte[][] requests =
        [
            MessagePackSerializer.Serialize<object[]>([1, 0, "create", new object[] { "list", new object[] { 1, "two", 3.0 } }]),
            MessagePackSerializer.Serialize<object[]>([2, 0, "create", new object[] { "dictionary", new Dictionary<string, int> { ["a"] = 1 } }]),
            MessagePackSerializer.Serialize<object[]>([3, 0, "create", new object[] { "semaphore", 1, 2 }]),
            MessagePackSerializer.Serialize<object[]>([4, 0, "release", new object[] { 77, 5 }]),
            MessagePackSerializer.Serialize<object[]>([5, 0, "inspect", Array.Empty<object>()]),
        ];
        for (int round = 0; round < Wine.Times(200); round++)
        {
            using Connection client = Greet();
            for (int request = 0; request < 10; request++)
            {
                byte[] bytes = [.. requests[random.Next(requests.Length)]];
                for (int change = random.Next(4); change > 0; change--)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }

                try
                {
                    client.SendBytes(bytes.AsSpan(0, random.Next(3) == 0 ? random.Next(bytes.Length) : bytes.Length));
                }
                catch (ConnectionClosedException)
                {
                    break;
                }
            }
        }

        AssertServes();
    }

    [Fact(Timeout = 120_000)]
    public void Mutated_calls_of_objects_and_mutated_greetings_leave_the_server_serving()
    {
        var random = new Random(11);
        byte[] greeting = MessagePackSerializer.Serialize<object[]>(["ipcdemos-manager", 2, "test", 1, false]);
        (string Type, object[] Made, string Method, object[] Arguments)[] calls =
        [
            ("list", [new object[] { 1, "two" }], "insert", [1, "three"]),
            ("list", [new object[] { 1, "two" }], "remove_range", [0, 1]),
            ("array", [new object[] { 1, 2 }], "increment", [1, 5]),
            ("dictionary", [new Dictionary<string, int> { ["a"] = 1 }], "compare_exchange", ["a", 0, 2]),
            ("namespace", [new Dictionary<string, int> { ["a"] = 1 }], "increment", ["a", 1.5]),
            ("set", [new object[] { 1, 2 }], "intersect", [new object[] { 1 }]),
            ("value", [1], "increment", [1]),
            ("queue", [1], "put", ["item", 0]),
            ("queue", [1], "get", [0]),
            ("lock", [], "acquire", [0, 0]),
            ("recursive_lock", [], "release", [1]),
            ("semaphore", [1, 2], "release", [1]),
            ("condition", [], "wait", [1, 0]),
            ("barrier", [2], "wait", [0]),
            ("event", [false], "wait", [0]),
        ];
        for (int round = 0; round < Wine.Times(100); round++)
        {
            try
            {
                using Connection stranger = Connection.Connect(_server.Address, s_key);
                stranger.SendBytes(Mutate(greeting, random));
                using Connection client = Greet();
                ulong[] numbers = [.. calls.Select(call => Call(client, 1, 0, "create", [call.Type, .. call.Made]).Reference)];
                foreach (var ((_, _, method, arguments), number) in calls.Zip(numbers))
                {
                    client.SendBytes(Mutate(MessagePackSerializer.Serialize<object[]>([0, number, method, arguments]), random));
                }
            }
            catch (IOException)
            {
                // It was no request any more.
            }
        }

        AssertServes();
    }

    [Fact(Timeout = 60_000)]
    public void A_request_that_is_too_long_ends_that_connection_without_being_read()
    {
        using Connection client = Greet();
        Task sending = Task.Run(() => Record.Exception(() => client.SendBytes(new byte[100_000_000])), TestContext.Current.CancellationToken);
        Assert.ThrowsAny<IOException>(() => client.ReceiveBytes());
        AssertServes();
        client.Dispose();
        _ = sending;
    }

    [Fact(Timeout = 60_000)]
    public async Task A_request_of_four_gibibytes_is_refused_by_its_header()
    {
        using Connection client = Greet();
        byte[] piece = new byte[64 * 1024 * 1024];
        var first = new Piece(piece, 0);
        Piece last = first;
        while (last.RunningIndex + piece.Length < 4L * 1024 * 1024 * 1024)
        {
            last = last.Append(piece);
        }

        ValueTask sending = client.SendBytesAsync(
            new ReadOnlySequence<byte>(first, 0, last, piece.Length), TestContext.Current.CancellationToken);
        Assert.ThrowsAny<IOException>(() => client.ReceiveBytes());
        await Assert.ThrowsAnyAsync<IOException>(() => sending.AsTask());
        AssertServes();
    }

    [Fact(Timeout = 60_000)]
    public void A_client_that_does_not_read_its_answers_is_not_heard_any_more_before_they_fill_the_memory()
    {
        using Connection client = Greet();
        ulong number = Call(client, 1, 0, "create", "value", new string('x', 90_000)).Reference;
        byte[] request = MessagePackSerializer.Serialize<object[]>([2u, number, "get", Array.Empty<object>()]);
        byte[] requests = [.. Enumerable.Repeat(request, 500).SelectMany(each => each)];
        Exception? error = null;
        while (error is null)
        {
            error = Record.Exception(() => client.SendBytes(requests, TimeSpan.FromSeconds(1)));
        }

        Assert.IsType<TimeoutException>(error);
        AssertServes();
    }

    [Fact(Timeout = 180_000)]
    public async Task Ten_thousand_idle_clients_that_know_the_key_keep_nobody_out()
    {
        Assert.SkipUnless(
            MaximumOpenFiles() > IdleClients + 1_000, "Here a process may not have so many files open (ulimit -n), or the limit is not known.");
        using var server = new ManagerServer(new ManagerOptions
        {
            Address = ConnectionAddress.Tcp("127.0.0.1"),
            Key = s_key,
            MaximumClients = IdleClients + 1,
            HandshakeTimeout = TimeSpan.FromMinutes(5),
        });
        var (control, workerControl) = Pipe.Create();
        await using WorkerProcess worker = WorkerProcess.Create(BeIdle, server.Address.ToString(), workerControl);
        worker.Start();
        Assert.Equal(IdleClients, await control.ReceiveAsync<int>(TestContext.Current.CancellationToken));

        using (Manager manager = Manager.Connect(server.Address, s_key))
        using (SharedList<int> list = manager.CreateList([1]))
        {
            Assert.Equal(1, list[0]);
            Assert.InRange(manager.Inspect().Clients.Count, (IdleClients / 2) + 1, IdleClients + 1);
        }

        control.Dispose();
        await worker.JoinAsync();
        await Eventually.HoldsAsync(() => server.Inspect().Clients.Count == 0);
    }

    /// <summary>Connects that often: every second time it says who it is, the other times not even that.</summary>
    private static void BeIdle(string address, Connection control)
    {
        Connection[] idle = [.. Enumerable.Range(0, IdleClients).Select(client =>
            client % 2 == 0 ? Greet(ConnectionAddress.Parse(address)) : Connection.Connect(ConnectionAddress.Parse(address), s_key))];
        control.Send(idle.Length);
        Assert.Throws<ConnectionClosedException>(() => control.Receive<int>());
        Array.ForEach(idle, connection => connection.Dispose());
    }

    /// <summary>Makes a call and returns its failure's code; −1 and the reference that it gave if it succeeded.</summary>
    internal static (int Failure, ulong Reference) Call(Connection client, uint id, ulong target, string method, params object[] arguments)
    {
        client.SendBytes(MessagePackSerializer.Serialize<object[]>([id, target, method, arguments]));
        var reader = new MessagePackReader(client.ReceiveBytes());
        Assert.Equal(3, reader.ReadArrayHeader());
        Assert.Equal(id, reader.ReadUInt32());
        if (reader.ReadInt32() == 1)
        {
            Assert.Equal(2, reader.ReadArrayHeader());
            return (reader.ReadInt32(), 0);
        }

        ExtensionResult reference = reader.ReadExtensionFormat();
        Assert.Equal(4, reference.TypeCode);
        return (-1, BinaryPrimitives.ReadUInt64BigEndian(reference.Data.FirstSpan));
    }

    private static long MaximumOpenFiles() => OperatingSystem.IsLinux()
        ? File.ReadLines("/proc/self/limits")
            .Where(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3])
            .Select(limit => limit == "unlimited" ? long.MaxValue : long.Parse(limit, System.Globalization.CultureInfo.InvariantCulture))
            .Single()
        : 0;

    private static int Integer(object value) => Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture);

    private Connection Greet() => Greet(_server.Address);

    internal static Connection Greet(ConnectionAddress address)
    {
        Connection client = Connection.Connect(address, s_key);
        client.SendBytes(MessagePackSerializer.Serialize<object[]>(["ipcdemos-manager", 2, "test", 1]));
        Assert.Equal(8, MessagePackSerializer.Deserialize<object[]>(client.ReceiveBytes()).Length);
        return client;
    }

    private static ReadOnlySpan<byte> Mutate(byte[] message, Random random)
    {
        for (int change = random.Next(4); change > 0; change--)
        {
            message[random.Next(message.Length)] = (byte)random.Next(256);
        }

        return message.AsSpan(0, random.Next(4) == 0 ? random.Next(message.Length) : message.Length);
    }

    /// <summary>A part of a message that is longer than any array.</summary>
    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes, long index) => (Memory, RunningIndex) = (bytes, index);

        public Piece Append(byte[] bytes)
        {
            var next = new Piece(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }

    private void AssertServes()
    {
        using Manager manager = Manager.Connect(_server.Address, s_key);
        using SharedList<int> list = manager.CreateList([1]);
        Assert.Equal(1, list[0]);
    }

    public interface IExposed
    {
        void Shown();
    }

    private sealed class Exposed : IExposed
    {
        public static bool WasHiddenCalled { get; private set; }

        public string Secret { get; } = "secret";

        public void Shown()
        {
        }

        public void Hidden() => WasHiddenCalled = true;
    }
}
