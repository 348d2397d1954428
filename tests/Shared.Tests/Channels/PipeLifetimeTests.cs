using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>What becomes of a pipe whose ends are moved, closed, or lose their process: the same over every transport.</summary>
public sealed class PipeLifetimeTests
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);

    public static TheoryData<PipeTransport> Transports => [.. Enum.GetValues<PipeTransport>()];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Transports))]
    public async Task A_worker_answers_over_a_pipe_and_its_end_is_the_end_of_the_stream(PipeTransport transport)
    {
        (Connection here, Connection there) = Pipe.Create(transport: transport);
        using var worker = WorkerProcess.Create(Echo, there);
        worker.Start();
        Assert.True(there.IsClosed);
        for (int length = 1; length < 3_000_000; length *= 7)
        {
            byte[] message = new byte[length];
            Random.Shared.NextBytes(message);
            Task sending = here.SendBytesAsync(message).AsTask();
            Assert.Equal(message, await here.ReceiveBytesAsync());
            await sending;
        }

        here.SendBytes([]);
        _ = Assert.Throws<ConnectionClosedException>(() => here.ReceiveBytes());
        Assert.True(here.IsReady);
        await worker.JoinAsync();
        Assert.True(worker.ExitCode == 0, $"{worker.Error}");
        here.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Transports))]
    public async Task A_receiver_that_waits_learns_at_once_that_the_sender_was_killed(PipeTransport transport)
    {
        (Connection here, Connection there) = Pipe.Create(transport: transport);
        using var worker = WorkerProcess.Create(SendAndStay, there);
        worker.Start();
        Assert.Equal("first", here.Receive<string>());
        Task blocked = OnAnotherThread(() => here.Receive<string>());
        await Task.Delay(s_moment);
        Assert.False(blocked.IsCompleted);
        worker.Kill();
        _ = await Assert.ThrowsAsync<ConnectionClosedException>(() => blocked);
        _ = await Assert.ThrowsAsync<ConnectionClosedException>(() => here.ReceiveAsync<string>().AsTask());
        Assert.True(here.Poll());
        await worker.JoinAsync();
        _ = Assert.Throws<ConnectionClosedException>(() => here.Send("nobody reads this"));
        here.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Transports))]
    public async Task A_sender_that_waits_for_room_learns_at_once_that_the_receiver_was_killed(PipeTransport transport)
    {
        (Connection here, Connection there) = Pipe.Create(transport: transport);
        using var worker = WorkerProcess.Create(SendAndStay, there);
        worker.Start();
        Assert.Equal("first", here.Receive<string>());
        Task blocked = OnAnotherThread(() =>
        {
            here.SendBytes(new byte[4_000_000]);
            return true;
        });
        await Task.Delay(s_moment);
        Assert.False(blocked.IsCompleted);
        worker.Kill();
        _ = await Assert.ThrowsAsync<ConnectionClosedException>(() => blocked);
        here.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Transports))]
    public async Task What_was_sent_before_the_sender_was_killed_still_arrives_and_what_was_cut_off_is_told(PipeTransport transport)
    {
        (Connection here, Connection there) = Pipe.Create(transport: transport);
        using var worker = WorkerProcess.Create(SendTooMuch, there);
        worker.Start();
        Assert.Equal("whole", here.Receive<string>());
        Assert.True(here.Poll(Timeout.InfiniteTimeSpan));
        worker.Kill();
        await worker.JoinAsync();
        TruncatedMessageException cut = Assert.Throws<TruncatedMessageException>(() => here.ReceiveBytes());
        Assert.Equal(4_000_000, cut.Expected);
        Assert.InRange(cut.Received, 0, 3_999_999);
        here.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Transports))]
    public void The_end_of_a_stream_comes_after_what_was_sent_before_it_was_closed(PipeTransport transport)
    {
        (Connection receiver, Connection sender) = Pipe.Create(duplex: false, transport);
        sender.Send(1);
        sender.Send(2);
        sender.Dispose();
        Assert.Equal(1, receiver.Receive<int>());
        Assert.Equal(2, receiver.Receive<int>());
        _ = Assert.Throws<ConnectionClosedException>(() => receiver.Receive<int>());
        receiver.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Transports))]
    public async Task Closing_ends_waits_on_both_sides(PipeTransport transport)
    {
        (Connection first, Connection second) = Pipe.Create(transport: transport);
        Task own = first.ReceiveAsync<int>().AsTask();
        Task others = second.ReceiveAsync<int>().AsTask();
        await Task.Delay(s_moment);
        first.Dispose();
        _ = await Assert.ThrowsAsync<ObjectDisposedException>(() => own);
        _ = await Assert.ThrowsAsync<ConnectionClosedException>(() => others);
        _ = Assert.Throws<ConnectionClosedException>(() => second.Send(1));
        second.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Transports))]
    public async Task A_connection_moves_with_what_it_has_not_read_through_several_processes(PipeTransport transport)
    {
        (Connection here, Connection there) = Pipe.Create(transport: transport);
        (Connection ways, Connection workers) = Pipe.Create(transport: transport);
        using var worker = WorkerProcess.Create(PassOn, workers);
        worker.Start();
        for (int i = 0; i < 10; i++)
        {
            here.Send(i);
        }

        for (int turn = 0; turn < 10; turn++)
        {
            Assert.Equal(turn, there.Receive<int>());
            ways.Send(there);
            Assert.True(there.IsClosed);
            _ = Assert.Throws<ObjectDisposedException>(() => there.Receive<int>());
            there = ways.Receive<Connection>();
            here.Send(10 + turn);
        }

        for (int i = 10; i < 20; i++)
        {
            Assert.Equal(i, there.Receive<int>());
        }

        there.Send("back");
        Assert.Equal("back", here.Receive<string>());
        ways.Dispose();
        await worker.JoinAsync();
        Assert.True(worker.ExitCode == 0, $"{worker.Error}");
        there.Dispose();
        _ = Assert.Throws<ConnectionClosedException>(() => here.Receive<string>());
        here.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Transports))]
    public async Task The_end_comes_when_the_process_dies_that_an_end_was_moved_to_while_others_wait_on_it(PipeTransport transport)
    {
        (Connection here, Connection there) = Pipe.Create(transport: transport);
        Task<int> waiting = here.ReceiveAsync<int>().AsTask();
        await Task.Delay(s_moment);
        using var worker = WorkerProcess.Create(HoldForEver, there);
        worker.Start();
        await Task.Delay(s_moment);
        worker.Kill();
        _ = await Assert.ThrowsAsync<ConnectionClosedException>(() => waiting);
        here.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Transports))]
    public async Task A_sender_that_is_stopped_is_waited_for(PipeTransport transport)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows cannot stop processes.");
        (Connection here, Connection there) = Pipe.Create(transport: transport);
        using var worker = WorkerProcess.Create(Echo, there);
        worker.Start();
        here.SendBytes([1]);
        Assert.Equal([1], here.ReceiveBytes());
        Signals.Stop(worker.ProcessId!.Value);
        here.SendBytes([2]);
        _ = Assert.Throws<TimeoutException>(() => here.ReceiveBytes(timeout: TimeSpan.FromSeconds(1)));
        Signals.Continue(worker.ProcessId!.Value);
        Assert.Equal([2], here.ReceiveBytes());
        here.Dispose();
        await worker.JoinAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData("pipe.write.copied", 4)]
    [InlineData("pipe.write.stored", 5)]
    [InlineData("pipe.read.copied", 5)]
    [InlineData("pipe.read.stored", 5)]
    [InlineData("gate.marked", 5)]
    [InlineData("gate.cleared", 5)]
    public async Task Whoever_is_killed_between_two_stores_leaves_whole_messages_and_the_end(string point, int least)
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");
        (Connection here, Connection there) = Pipe.Create();
        using var worker = WorkerProcess.Create(EchoUntilDead, there, point);
        worker.Start();
        int received = 0;
        try
        {
            for (; ; received++)
            {
                here.Send(received);
                Assert.Equal(received, here.Receive<int>());
                await Task.Delay(1);
            }
        }
        catch (ConnectionClosedException)
        {
            await worker.JoinAsync();
        }

        Assert.Equal(KilledExit.Code, worker.ExitCode);
        Assert.InRange(received, least, int.MaxValue);
        here.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [InlineData("pipe.move.taken")]
    [InlineData("pipe.close.stored")]
    public async Task The_end_comes_also_when_the_receiver_of_an_end_is_killed_while_it_takes_it_over(string point)
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");
        (Connection here, Connection there) = Pipe.Create(duplex: false);
        (Connection ways, Connection workers) = Pipe.Create();
        using var worker = WorkerProcess.Create(TakeAndClose, workers, point);
        worker.Start();
        Task waiting = here.ReceiveAsync<int>().AsTask();
        ways.Send(there);
        _ = await Assert.ThrowsAsync<ConnectionClosedException>(() => waiting);
        await worker.JoinAsync();
        Assert.Equal(KilledExit.Code, worker.ExitCode);
        here.Dispose();
        ways.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task An_end_is_closed_under_a_call_on_another_thread_without_harm()
    {
        for (int round = 0; round < 200; round++)
        {
            (Connection first, Connection second) = Pipe.Create();
            Task sending = OnAnotherThread(() => RunUntilClosed(() => first.SendBytes(new byte[100])));
            Task receiving = OnAnotherThread(() => RunUntilClosed(() => _ = second.ReceiveBytes()));
            Thread.SpinWait(round * 100);
            (round % 2 == 0 ? first : second).Dispose();
            await sending;
            await receiving;
            first.Dispose();
            second.Dispose();
        }
    }

    private static Exception RunUntilClosed(Action use)
    {
        try
        {
            while (true)
            {
                use();
            }
        }
        catch (Exception end) when (end is ConnectionClosedException or ObjectDisposedException or TruncatedMessageException)
        {
            return end;
        }
    }

    private static void Echo(Connection connection)
    {
        try
        {
            while (connection.ReceiveBytes() is { Length: > 0 } message)
            {
                connection.SendBytes(message);
            }
        }
        catch (ConnectionClosedException)
        {
        }
    }

    private static void EchoUntilDead(Connection connection, string point)
    {
        for (int count = 0; ; count++)
        {
            if (count == 5)
            {
                CrashPoint.Arm(point);
            }

            connection.Send(connection.Receive<int>());
        }
    }

    private static void SendAndStay(Connection connection)
    {
        connection.Send("first");
        new ManualResetEvent(false).WaitOne();
    }

    private static void SendTooMuch(Connection connection)
    {
        connection.Send("whole");
        connection.SendBytes(new byte[4_000_000]);
    }

    private static void HoldForEver(Connection connection)
    {
        new ManualResetEvent(false).WaitOne();
        connection.Dispose();
    }

    private static void PassOn(Connection ways)
    {
        try
        {
            while (true)
            {
                ways.Send(ways.Receive<Connection>());
            }
        }
        catch (ConnectionClosedException)
        {
        }
    }

    private static void TakeAndClose(Connection ways, string point)
    {
        CrashPoint.Arm(point);
        ways.Receive<Connection>().Dispose();
    }

    private static Task<TResult> OnAnotherThread<TResult>(Func<TResult> run) =>
        Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
