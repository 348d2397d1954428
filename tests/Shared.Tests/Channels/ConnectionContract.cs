using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>What a connection promises, whatever its bytes travel through.</summary>
public abstract partial class ConnectionContract(PipeTransport transport)
{
    // A process that another test just starts has, for a moment, a copy of what this one has open: so long is it not known as closed.
    private static readonly TimeSpan s_otherStart = TimeSpan.FromSeconds(30);

    private const int Large = 16 << 20;

    public static TheoryData<int> Lengths => [0, 1, 2, 63, 16_379, 16_384, 16_385, 65_531, 65_532, 65_533, 65_536, 65_537, 1 << 20, Large];

    protected PipeTransport Transport => transport;

    [Fact(Timeout = 60_000)]
    public async Task Values_and_bytes_go_both_ways()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        {
            first.Send(new object?[] { 42, null, "hello" });
            second.Send(DayOfWeek.Friday);
            first.SendBytes([1, 2, 3]);
            await second.SendAsync("text");
            await first.SendBytesAsync(new byte[] { 4 });

            Assert.Equal([42, null, "hello"], second.Receive<object?[]>());
            Assert.Equal(DayOfWeek.Friday, first.Receive<DayOfWeek>());
            Assert.Equal([1, 2, 3], second.ReceiveBytes());
            Assert.Equal("text", await first.ReceiveAsync<string>());
            Assert.Equal([4], await second.ReceiveBytesAsync());
        }
    }

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Lengths))]
    public async Task A_message_of_any_length_goes_to_a_worker_and_back(int length)
    {
        byte[] message = new byte[length];
        new Random(length).NextBytes(message);
        var (here, there) = Create();
        using (here)
        await using (var worker = WorkerProcess.Create(Echo, there))
        {
            worker.Start();
            here.SendBytes(message);
            Assert.Equal(message, here.ReceiveBytes());
            await here.SendBytesAsync(message);
            Assert.Equal(message, await here.ReceiveBytesAsync());
            here.SendBytes("end"u8);
            Assert.Equal("end"u8, here.ReceiveBytes());
            here.Dispose();
            await worker.JoinAsync();
            Assert.Equal(0, worker.ExitCode);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Consecutive_messages_keep_their_boundaries_and_their_order()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        {
            string[] messages = [.. Enumerable.Range(0, 2000).Select(number => new string((char)('a' + (number % 26)), number % 7))];
            Task sending = Task.Run(() => Array.ForEach(messages, message => first.Send(message)));
            foreach (string message in messages)
            {
                Assert.Equal(message, second.Receive<string>());
            }

            await sending;
            Assert.False(second.Poll());
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Both_ends_send_and_receive_at_once()
    {
        const int Messages = 3000;
        var (first, second) = Create();
        using (first)
        using (second)
        {
            long[] sums = await Task.WhenAll(
                LongRunning(() => SendNumbers(first)),
                LongRunning(() => SendNumbers(second)),
                LongRunning(() => SumNumbers(first)),
                LongRunning(() => SumNumbers(second)));

            Assert.Equal(sums[0], sums[2]);
            Assert.Equal(sums[1], sums[3]);
        }

        static Task<long> LongRunning(Func<long> run) =>
            Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        static long SendNumbers(Connection connection)
        {
            for (int number = 0; number < Messages; number++)
            {
                connection.Send(Enumerable.Repeat(number, number % 50).ToArray());
            }

            return Enumerable.Range(0, Messages).Sum(number => (long)number * (number % 50));
        }

        static long SumNumbers(Connection connection) =>
            Enumerable.Range(0, Messages).Sum(_ => connection.Receive<int[]>().Sum(number => (long)number));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_is_received_into_a_buffer_or_reported_with_the_whole_of_it()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        {
            byte[] buffer = new byte[8];
            await first.SendBytesAsync("hello"u8.ToArray());
            await first.SendBytesAsync("too long for it"u8.ToArray());
            await first.SendBytesAsync(ReadOnlyMemory<byte>.Empty);
            await first.SendBytesAsync("12345678"u8.ToArray());

            Assert.Equal(5, second.ReceiveBytesInto(buffer.AsSpan(2)));
            Assert.Equal("\0\0hello\0"u8, buffer);
            BufferTooShortException error = Assert.Throws<BufferTooShortException>(() => second.ReceiveBytesInto(buffer));
            Assert.Equal("too long for it"u8, error.ReceivedMessage.Span);
            Assert.Equal(0, second.ReceiveBytesInto(buffer));
            Assert.Equal(8, second.ReceiveBytesInto(buffer));
            Assert.Equal("12345678"u8, buffer);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_longer_than_accepted_ends_receiving_and_leaves_sending()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        {
            second.SendBytes(new byte[10]);
            second.SendBytes(new byte[11]);
            second.SendBytes(new byte[1]);
            Assert.Equal(10, first.ReceiveBytes(maximumLength: 10).Length);

            MessageTooLongException error = await Assert.ThrowsAsync<MessageTooLongException>(async () => await first.ReceiveBytesAsync(maximumLength: 10));

            Assert.Equal((11, 10), (error.Length, error.Limit));
            Assert.True(first.Poll());
            Assert.Contains("at most 10", Assert.Throws<ConnectionClosedException>(() => first.ReceiveBytes()).Message, StringComparison.Ordinal);
            _ = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await first.ReceiveAsync<int>());
            first.Send("still here");
            Assert.Equal("still here", second.Receive<string>());
            _ = Assert.Throws<ArgumentOutOfRangeException>(() => first.ReceiveBytes(maximumLength: -1));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task The_limit_holds_for_a_message_of_which_part_was_received_before()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        using (var withheld = new WithheldMessage(new byte[Large], Large / 2))
        {
            Task sending = Task.Run(() => second.SendBytesAsync(withheld.Bytes).AsTask());
            Assert.True(first.Poll(Timeout.InfiniteTimeSpan));

            _ = Assert.Throws<TimeoutException>(() => first.Receive<byte[]>(TimeSpan.Zero));
            _ = Assert.Throws<MessageTooLongException>(() => first.ReceiveBytes(maximumLength: 1000));
            first.Dispose();
            withheld.Release();
            _ = await Assert.ThrowsAsync<ConnectionClosedException>(() => sending);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_of_another_type_is_used_up_and_the_next_one_is_received()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        {
            first.Send("text");
            first.SendBytes([0xC1]);
            await first.SendAsync(5);

            _ = Assert.Throws<MessageSerializationException>(() => second.Receive<int>());
            _ = Assert.Throws<MessageSerializationException>(() => second.Receive<object>());
            Assert.Equal(5, second.Receive<int>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_sent_before_closing_arrives_and_then_the_end()
    {
        var (first, second) = Create();
        using (second)
        {
            first.Send(1);
            first.SendBytes([]);
            first.Dispose();

            Assert.Equal(1, second.Receive<int>());
            Assert.Empty(second.ReceiveBytes());
            Assert.True(second.Poll(s_otherStart));
            Assert.True(second.IsReady);
            _ = Assert.Throws<ConnectionClosedException>(() => second.Receive<int>());
            _ = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await second.ReceiveBytesAsync());
            _ = Assert.Throws<ConnectionClosedException>(() => second.ReceiveBytesInto(new byte[1]));
            _ = Assert.Throws<ConnectionClosedException>(() => second.Send(2));
            _ = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await second.SendAsync(2));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task The_end_of_a_worker_is_the_end_of_the_stream()
    {
        var (here, there) = Create();
        using (here)
        await using (var worker = WorkerProcess.Create(connection => connection.Send("last words"), there))
        {
            worker.Start();

            Assert.Equal("last words", await here.ReceiveAsync<string>());
            _ = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await here.ReceiveAsync<string>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_killed_in_the_middle_of_a_message_truncates_it()
    {
        var (here, there) = Create();
        using (here)
        await using (var worker = WorkerProcess.Create(SendWithoutEnd, there))
        {
            worker.Start();
            Assert.Equal("whole", await here.ReceiveAsync<string>());
            Assert.True(here.Poll(Timeout.InfiniteTimeSpan));

            worker.Kill();
            await worker.JoinAsync();

            TruncatedMessageException error = await Assert.ThrowsAsync<TruncatedMessageException>(async () => await here.ReceiveBytesAsync());
            Assert.Equal(Large, error.Expected);
            Assert.InRange(error.Received, 0, Large - 1);
        }
    }

    private static void Echo(Connection connection)
    {
        try
        {
            while (true)
            {
                connection.SendBytes(connection.ReceiveBytes());
            }
        }
        catch (ConnectionClosedException)
        {
        }
    }

    private static void SendWithoutEnd(Connection connection)
    {
        connection.Send("whole");
        connection.SendBytes(new byte[Large]);
    }
}
