using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Channels;

// Polling, time-outs, cancellation, and what ends a wait.
public abstract partial class ConnectionContract
{
    [Fact(Timeout = 60_000)]
    public async Task Polling_tells_whether_something_is_there()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        {
            Assert.False(first.Poll());
            Assert.False(first.Poll(TimeSpan.FromSeconds(-3)));
            Assert.False(first.Poll(TimeSpan.FromMilliseconds(20)));
            Assert.False(first.IsReady);

            Task<bool> poll = Task.Run(() => first.Poll(Timeout.InfiniteTimeSpan));
            Task ready = first.WaitReadyAsync();
            second.SendBytes([]);

            Assert.True(await poll);
            await ready;
            Assert.True(first.Poll()); // still there
            Assert.Empty(first.ReceiveBytes());
            Assert.False(first.Poll());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Polling_can_be_cancelled()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        using (var stop = new CancellationTokenSource())
        {
            Assert.False(first.Poll(TimeSpan.Zero, stop.Token));
            Assert.False(first.Poll(TimeSpan.FromSeconds(-3), stop.Token));
            Task<bool> poll = Task.Run(() => first.Poll(Timeout.InfiniteTimeSpan, stop.Token));
            Task ready = first.WaitReadyAsync(stop.Token);

            await stop.CancelAsync();

            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll);
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ready);
            second.Send(1);
            Assert.Equal(1, first.Receive<int>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Giving_up_receiving_loses_nothing()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        {
            byte[] message = new byte[Large];
            new Random(1).NextBytes(message);
            Task sending = Task.Run(() => Array.ForEach([1, 2, 3], _ => second.SendBytes(message)));

            Assert.Equal(message, Insist(() => first.ReceiveBytes(timeout: TimeSpan.FromMilliseconds(1))));
            Assert.Equal(message, Insist(() =>
            {
                using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(1));
                return first.ReceiveBytes(cancellationToken: stop.Token);
            }));
            Assert.Equal(message, Insist(() =>
            {
                using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(1));
                return first.ReceiveBytesAsync(cancellationToken: stop.Token).AsTask().GetAwaiter().GetResult();
            }));
            await sending;
        }

        static byte[] Insist(Func<byte[]> receive)
        {
            while (true)
            {
                try
                {
                    return receive();
                }
                catch (Exception error) when (error is TimeoutException or OperationCanceledException)
                {
                }
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Receiving_in_no_time_takes_what_is_there()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        using (var never = new CancellationTokenSource())
        {
            _ = Assert.Throws<TimeoutException>(() => first.Receive<int>(TimeSpan.Zero));
            _ = Assert.Throws<TimeoutException>(() => first.Receive<int>(TimeSpan.FromSeconds(-7), never.Token));
            await second.SendAsync(1);
            Assert.Equal(1, first.Receive<int>(TimeSpan.Zero));
            await second.SendAsync(2);
            Assert.Equal(2, first.Receive<int>(TimeSpan.FromSeconds(-7), never.Token));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_token_that_is_cancelled_already_keeps_anything_from_happening()
    {
        var (first, second) = Create();
        var (moving, other) = Create();
        using (first)
        using (second)
        using (moving)
        using (other)
        {
            var cancelled = new CancellationToken(canceled: true);
            second.Send("before");

            _ = Assert.ThrowsAny<OperationCanceledException>(() => first.Receive<string>(cancellationToken: cancelled));
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first.ReceiveAsync<string>(cancelled));
            _ = Assert.ThrowsAny<OperationCanceledException>(() => first.Send(moving, cancellationToken: cancelled));
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first.SendAsync(moving, cancelled));
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first.SendBytesAsync(new byte[1], cancelled));

            Assert.Equal("before", first.Receive<string>());
            Assert.False(second.Poll());
            Assert.False(moving.IsClosed);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_given_up_in_the_middle_closes_the_connection_for_sending_only()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        {
            first.Send("whole");
            TimeoutException error = Assert.Throws<TimeoutException>(() => first.SendBytes(new byte[Large], TimeSpan.FromMilliseconds(50)));

            Assert.Contains("closed for sending", error.Message, StringComparison.Ordinal);
            _ = Assert.Throws<ConnectionClosedException>(() => first.Send(1));
            _ = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await first.SendAsync(1));
            Assert.Equal("whole", second.Receive<string>());
            Assert.Equal(Large, Assert.Throws<TruncatedMessageException>(() => second.ReceiveBytes()).Expected);
            second.Send("the other way");
            Assert.Equal("the other way", first.Receive<string>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_send_of_which_part_was_sent_truncates_the_message()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        using (var stop = new CancellationTokenSource())
        {
            ValueTask sending = first.SendBytesAsync(new byte[Large], stop.Token);
            Assert.True(second.Poll(Timeout.InfiniteTimeSpan));
            Assert.False(sending.IsCompleted);

            await stop.CancelAsync();

            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await sending);
            _ = Assert.Throws<ConnectionClosedException>(() => first.Send(1));
            _ = Assert.Throws<TruncatedMessageException>(() => second.ReceiveBytes());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_thread_interrupted_while_it_sends_closes_the_connection_for_sending_and_truncates_the_message()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Elsewhere the system's calls are not interrupted.");
        var (first, second) = Create();
        using (first)
        using (second)
        {
            Exception? error = null;
            var sender = new Thread(() => error = Record.Exception(() => first.SendBytes(new byte[Large], TimeSpan.FromMinutes(1))));
            sender.Start();
            Assert.True(second.Poll(Timeout.InfiniteTimeSpan));

            sender.Interrupt();

            Assert.True(await Task.Run(() => sender.Join(TimeSpan.FromSeconds(50))));
            _ = Assert.IsType<ThreadInterruptedException>(error);
            _ = Assert.Throws<ConnectionClosedException>(() => first.Send(1));
            Assert.Equal(Large, Assert.Throws<TruncatedMessageException>(() => second.ReceiveBytes()).Expected);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_full_pipe_makes_the_sender_wait_and_a_time_out_sends_nothing()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        {
            int sent = 0;
            try
            {
                while (true)
                {
                    first.SendBytes(new byte[sent % 2 == 0 ? 1000 : 1003], TimeSpan.FromMilliseconds(20));
                    sent++;
                }
            }
            catch (TimeoutException)
            {
            }

            Assert.True(sent > 0);
            for (int index = 0; index < sent; index++)
            {
                Assert.Equal(index % 2 == 0 ? 1000 : 1003, (await second.ReceiveBytesAsync()).Length);
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_second_receiver_or_sender_at_the_same_time_is_refused()
    {
        var (first, second) = Create();
        using (first)
        using (second)
        {
            ValueTask<string> receiving = first.ReceiveAsync<string>();
            _ = Assert.Throws<InvalidOperationException>(() => first.Receive<string>());
            _ = await Assert.ThrowsAsync<InvalidOperationException>(async () => await first.ReceiveAsync<string>());
            InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => first.ReceiveBytes());
            Assert.Contains("another thread", error.Message, StringComparison.Ordinal);
            second.Send("to the first receiver");
            Assert.Equal("to the first receiver", await receiving);

            ValueTask sending = first.SendBytesAsync(new byte[Large]);
            _ = Assert.Throws<InvalidOperationException>(() => first.Send(1));
            _ = await Assert.ThrowsAsync<InvalidOperationException>(async () => await first.SendBytesAsync(new byte[1]));
            Assert.Equal(Large, (await second.ReceiveBytesAsync()).Length);
            await sending;
            first.Send(1);
            Assert.Equal(1, second.Receive<int>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task The_ends_of_a_one_way_pipe_work_in_their_direction_only()
    {
        var (receiver, sender) = Pipe.Create(duplex: false, transport);
        using (receiver)
        using (sender)
        {
            Assert.Equal((true, false, false, true), (receiver.CanReceive, receiver.CanSend, sender.CanReceive, sender.CanSend));
            sender.Send(1);
            Assert.Equal(1, await receiver.ReceiveAsync<int>());

            _ = Assert.Throws<InvalidOperationException>(() => receiver.Send(1));
            _ = Assert.Throws<InvalidOperationException>(() => receiver.SendBytes([1]));
            _ = Assert.Throws<InvalidOperationException>(() => sender.Receive<int>());
            _ = Assert.Throws<InvalidOperationException>(() => sender.Poll());
            _ = await Assert.ThrowsAsync<InvalidOperationException>(async () => await sender.ReceiveAsync<int>());
            _ = await Assert.ThrowsAsync<InvalidOperationException>(() => sender.WaitReadyAsync());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task After_disposal_every_use_says_so()
    {
        var (first, second) = Create();
        second.Dispose();
        first.Dispose();
        first.Dispose();

        Assert.True(first.IsClosed);
        _ = Assert.Throws<ObjectDisposedException>(() => first.Send(1));
        _ = Assert.Throws<ObjectDisposedException>(() => first.SendBytes([1]));
        _ = Assert.Throws<ObjectDisposedException>(() => first.Receive<int>());
        _ = Assert.Throws<ObjectDisposedException>(() => first.ReceiveBytes());
        _ = Assert.Throws<ObjectDisposedException>(() => first.ReceiveBytesInto(new byte[1]));
        _ = Assert.Throws<ObjectDisposedException>(() => first.Poll());
        _ = await Assert.ThrowsAsync<ObjectDisposedException>(async () => await first.SendAsync(1));
        _ = await Assert.ThrowsAsync<ObjectDisposedException>(async () => await first.ReceiveAsync<int>());
        _ = await Assert.ThrowsAsync<ObjectDisposedException>(() => first.WaitReadyAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Disposal_ends_every_awaiting_call()
    {
        var (first, second) = Create();
        using (second)
        {
            ValueTask<int> receiving = first.ReceiveAsync<int>();
            ValueTask sending = first.SendBytesAsync(new byte[Large]);
            Task ready = first.WaitReadyAsync();

            first.Dispose();

            _ = await Assert.ThrowsAsync<ObjectDisposedException>(async () => await receiving);
            _ = await Assert.ThrowsAsync<ObjectDisposedException>(async () => await sending);
            _ = await Assert.ThrowsAsync<ObjectDisposedException>(() => ready);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Waiting_for_any_of_several_returns_the_ready_ones()
    {
        var (first, second) = Create();
        var (third, fourth) = Create();
        using (first)
        using (second)
        using (third)
        using (fourth)
        {
            Task<IReadOnlyList<IWaitable>> wait = ProcessWait.AnyAsync([first, third]);
            fourth.Send(1);

            Assert.Equal([third], await wait);
            second.Dispose();
            Assert.True(first.Poll(s_otherStart));
            Assert.Equal([first, third], ProcessWait.Any(first, third));
        }
    }

    protected (Connection First, Connection Second) Create() => Pipe.Create(duplex: true, transport);
}
