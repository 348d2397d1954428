using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>A connection has one owner at a time, which can be any process.</summary>
public abstract class ConnectionMovingContract(PipeTransport transport)
{
    // A process that another test just starts has, for a moment, a copy of what this one has open: so long is it not known as closed.
    private static readonly TimeSpan s_otherStart = TimeSpan.FromSeconds(30);

    [Fact(Timeout = 60_000)]
    public async Task A_connection_passed_to_a_worker_is_closed_here()
    {
        var (here, there) = Create();
        using (here)
        await using (var worker = WorkerProcess.Create(connection => connection.Send(connection.ToString()), there))
        {
            Assert.False(there.IsClosed);
            worker.Start();

            Assert.True(there.IsClosed);
            Assert.Contains("moved to another process", Assert.Throws<ObjectDisposedException>(() => there.Send(1)).Message, StringComparison.Ordinal);
            Assert.Equal("Connection (duplex)", await here.ReceiveAsync<string>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task The_ends_of_a_one_way_pipe_can_be_passed_to_workers()
    {
        var (receiver, sender) = Pipe.Create(duplex: false, transport);
        await using var writer = WorkerProcess.Create(connection => connection.Send("through"), sender);
        await using var reader = WorkerProcess.Create(connection => connection.Receive<string>() + ConnectionEnd(connection), receiver);
        writer.Start();
        reader.Start();

        Assert.Equal("through, then the end", await reader.ResultAsync<string>());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_sent_over_another_works_at_the_receiver()
    {
        var (here, there) = Create();
        var (mine, sent) = Create();
        using (here)
        using (mine)
        await using (var worker = WorkerProcess.Create(UseReceived, there))
        {
            worker.Start();
            here.Send(sent);
            Assert.True(sent.IsClosed);

            Assert.Equal("over the received one", await mine.ReceiveAsync<string>());
            await worker.JoinAsync();
            _ = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await mine.ReceiveAsync<string>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Connections_travel_inside_of_other_values()
    {
        var (here, there) = Create();
        var (first, firstSent) = Create();
        var (second, secondSent) = Pipe.Create(duplex: false, transport);
        using (here)
        using (first)
        using (second)
        await using (var worker = WorkerProcess.Create(AnswerOnAll, there))
        {
            worker.Start();
            await here.SendAsync(new Dictionary<string, Connection> { ["one"] = firstSent, ["two"] = secondSent });

            Assert.Equal("one", await first.ReceiveAsync<string>());
            Assert.Equal("two", await second.ReceiveAsync<string>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_goes_on_to_a_grandchild_and_its_parent_keeps_nothing_of_it()
    {
        var (here, there) = Create();
        using (here)
        await using (var worker = WorkerProcess.Create(PassOn, there))
        {
            worker.Start();

            Assert.Equal(worker.Name + ":1", await here.ReceiveAsync<string>());
            _ = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await here.ReceiveAsync<string>());
            Assert.True(worker.IsAlive); // the one who held it has ended, its parent has not
            worker.Kill();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_read_and_not_yet_used_moves_along()
    {
        var (mine, sent) = Create();
        using (mine)
        {
            mine.Send("used here");
            mine.Send("unused");
            mine.SendBytes(new byte[50_000]);
            mine.Send("last");
            Assert.Equal("used here", sent.Receive<string>());

            await using var worker = WorkerProcess.Create(
                connection => (connection.Receive<string>(), connection.ReceiveBytes().Length, connection.Receive<string>()), sent);
            worker.Start();

            Assert.Equal(("unused", 50_000, "last"), await worker.ResultAsync<(string, int, string)>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Part_of_a_message_that_was_received_moves_along()
    {
        byte[] message = new byte[8 << 20];
        new Random(5).NextBytes(message);
        using var withheld = new WithheldMessage(message, 1 << 20);
        var (mine, sent) = Create();
        using (mine)
        {
            Task sending = Task.Run(async () =>
            {
                await mine.SendBytesAsync(withheld.Bytes);
                mine.Send("after it");
            });
            Assert.True(sent.Poll(Timeout.InfiniteTimeSpan));

            _ = Assert.Throws<TimeoutException>(() => sent.ReceiveBytes(timeout: TimeSpan.Zero));
            withheld.Release();
            await using var worker = WorkerProcess.Create(connection => (connection.ReceiveBytes(), connection.Receive<string>()), sent);
            worker.Start();
            await sending;
            var (received, after) = await worker.ResultAsync<(byte[], string)>();

            Assert.Equal(message, received);
            Assert.Equal("after it", after);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_comes_back_to_its_sender()
    {
        var (here, there) = Create();
        var (mine, sent) = Create();
        using (here)
        using (mine)
        await using (var worker = WorkerProcess.Create(SendBack, there))
        {
            worker.Start();
            here.Send(sent);
            using Connection back = await here.ReceiveAsync<Connection>();
            here.Send("taken");
            await worker.JoinAsync();

            mine.Send("round trip");
            Assert.Equal("round trip", back.Receive<string>());
            back.Send("and back");
            Assert.Equal("and back", mine.Receive<string>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_moves_within_one_process()
    {
        var (first, second) = Create();
        var (mine, sent) = Create();
        using (first)
        using (second)
        using (mine)
        {
            await first.SendAsync(sent);
            using Connection received = second.Receive<Connection>();
            mine.Send(1);

            Assert.True(sent.IsClosed);
            Assert.Equal(1, received.Receive<int>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_whose_sender_is_gone_before_it_is_taken_is_a_clear_error()
    {
        var (here, there) = Create();
        using (here)
        await using (var worker = WorkerProcess.Create(SendAndEnd, there, transport))
        {
            worker.Start();
            await worker.JoinAsync();

            MessageSerializationException error = await Assert.ThrowsAsync<MessageSerializationException>(async () => await here.ReceiveAsync<Connection>());
            Assert.Contains("the process that sent it has ended", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_dies_before_it_takes_its_connections_closes_them()
    {
        var (here, there) = Create();
        using (here)
        await using (var worker = WorkerProcess.Create((Connection _) => { }, there))
        {
            worker.Start();
            worker.Kill();
            await worker.JoinAsync();

            _ = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await here.ReceiveAsync<int>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_whose_message_cannot_be_sent_is_closed_and_its_other_side_hears_of_it()
    {
        var (closed, other) = Create();
        other.Dispose();
        var (first, firstSent) = Create();
        var (second, secondSent) = Create();
        var (third, thirdSent) = Create();
        using (closed)
        using (first)
        using (second)
        using (third)
        {
            Assert.True(closed.Poll(s_otherStart));
            _ = Assert.Throws<ConnectionClosedException>(() => closed.Send(firstSent));
            _ = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await closed.SendAsync(secondSent));
            _ = Assert.Throws<MessageSerializationException>(() => closed.Send<object?[]>([thirdSent, Stream.Null]));

            _ = Assert.Throws<ConnectionClosedException>(() => first.Receive<int>());
            _ = Assert.Throws<ConnectionClosedException>(() => second.Receive<int>());
            _ = Assert.Throws<ConnectionClosedException>(() => third.Receive<int>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_cannot_be_described_closes_the_connections_it_was_to_get()
    {
        var (here, there) = Create();
        using (here)
        await using (var worker = WorkerProcess.Create((Connection _, Stream _) => { }, there, Stream.Null))
        {
            _ = Assert.Throws<MessageSerializationException>(worker.Start);

            _ = Assert.Throws<ConnectionClosedException>(() => here.Receive<int>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_in_use_is_not_moved()
    {
        var (first, second) = Create();
        var (mine, busy) = Create();
        using (first)
        using (second)
        using (mine)
        using (busy)
        {
            ValueTask<int> receiving = busy.ReceiveAsync<int>();

            Exception error = Assert.ThrowsAny<Exception>(() => first.Send(busy));

            Assert.Contains("on another thread", error.Message, StringComparison.Ordinal);
            Assert.False(busy.IsClosed);
            mine.Send(3);
            Assert.Equal(3, await receiving);
        }
    }

    private static string ConnectionEnd(Connection connection)
    {
        try
        {
            _ = connection.ReceiveBytes();
            return ", then more";
        }
        catch (ConnectionClosedException)
        {
            return ", then the end";
        }
    }

    private static void UseReceived(Connection connection)
    {
        using Connection received = connection.Receive<Connection>();
        received.Send("over the received one");
    }

    private static void AnswerOnAll(Connection connection)
    {
        foreach (var (name, received) in connection.Receive<Dictionary<string, Connection>>())
        {
            received.Send(name);
        }
    }

    private static void PassOn(Connection connection)
    {
        using WorkerProcess child = WorkerProcess.Create(received => received.Send(WorkerProcess.Current.Name), connection);
        child.Start();
        _ = child.Join();
        _ = new ManualResetEvent(false).WaitOne();
    }

    private static void SendBack(Connection connection)
    {
        connection.Send(connection.Receive<Connection>());
        _ = connection.Receive<string>(); // it lives until what it sent has been taken
    }

    private static void SendAndEnd(Connection connection, PipeTransport transport)
    {
        var (_, sent) = Pipe.Create(duplex: true, transport);
        connection.Send(sent);
    }

    private (Connection First, Connection Second) Create() => Pipe.Create(duplex: true, transport);
}
