using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Pipes at full speed whose other side is stopped and killed at random instants: what came is whole and in order, then comes the end.</summary>
public sealed class PipeStressTests
{
    private static readonly int s_rounds = Wine.Times(15);
    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(60);

    public static TheoryData<PipeTransport> Transports => [.. Enum.GetValues<PipeTransport>()];

    [Theory(Timeout = 600_000)]
    [MemberData(nameof(Transports))]
    public async Task What_comes_from_a_sender_that_is_killed_at_any_instant_is_whole_and_in_order_up_to_the_end(PipeTransport transport)
    {
        var random = new Random(4711);
        long received = 0;
        for (int round = 0; round < s_rounds; round++)
        {
            (Connection here, Connection there) = Pipe.Create(duplex: false, transport);
            using var begun = new ProcessEvent();
            using var worker = WorkerProcess.Create(SendFromNowOn, there, begun);
            worker.Start();
            Task<int> receiving = round % 2 == 0 ? ReceiveAllAsync(here) : Task.Factory.StartNew(() => ReceiveAll(here), TaskCreationOptions.LongRunning);
            await TormentAsync(worker, begun, random);
            received += await receiving.WaitAsync(s_tooLong);
            here.Dispose();
        }

        Assert.InRange(received, 1, long.MaxValue);
    }

    [Theory(Timeout = 600_000)]
    [MemberData(nameof(Transports))]
    public async Task A_sender_is_told_of_a_receiver_that_is_killed_at_any_instant(PipeTransport transport)
    {
        var random = new Random(4711);
        for (int round = 0; round < s_rounds; round++)
        {
            (Connection here, Connection there) = Pipe.Create(duplex: false, transport);
            using var begun = new ProcessEvent();
            using var worker = WorkerProcess.Create(ReceiveFromNowOn, here, begun);
            worker.Start();
            Task sending = round % 2 == 0
                ? SendAllAsync(there)
                : Task.Factory.StartNew(() => SendAll(there), TaskCreationOptions.LongRunning);
            await TormentAsync(worker, begun, random);
            _ = await Assert.ThrowsAsync<ConnectionClosedException>(() => sending.WaitAsync(s_tooLong));
            there.Dispose();
        }
    }

    private static async Task TormentAsync(WorkerProcess worker, ProcessEvent begun, Random random)
    {
        Assert.True(await begun.WaitAsync(s_tooLong));
        await Task.Delay(random.Next(1, 35));
        if (!OperatingSystem.IsWindows() && random.Next(2) == 0)
        {
            Signals.Stop(worker.ProcessId!.Value);
            await Task.Delay(random.Next(1, 15));
            Signals.Continue(worker.ProcessId!.Value);
            await Task.Delay(random.Next(1, 15));
        }

        worker.Kill();
        await worker.JoinAsync();
    }

    /// <summary>Of all lengths up to more than what is on its way at a time, and each filled with its number.</summary>
    private static byte[] Message(int number)
    {
        byte[] message = new byte[sizeof(int) + (number % 50 == 0 ? 300_000 : number * 37 % 500)];
        Array.Fill(message, (byte)number);
        _ = BitConverter.TryWriteBytes(message, number);
        return message;
    }

    private static int ReceiveAll(Connection connection)
    {
        for (int number = 0; ; number++)
        {
            try
            {
                Assert.Equal(Message(number), connection.ReceiveBytes());
            }
            catch (Exception end) when (end is ConnectionClosedException or TruncatedMessageException)
            {
                return number;
            }
        }
    }

    private static async Task<int> ReceiveAllAsync(Connection connection)
    {
        for (int number = 0; ; number++)
        {
            try
            {
                Assert.Equal(Message(number), await connection.ReceiveBytesAsync());
            }
            catch (Exception end) when (end is ConnectionClosedException or TruncatedMessageException)
            {
                return number;
            }
        }
    }

    private static void ReceiveFromNowOn(Connection connection, ProcessEvent begun)
    {
        begun.Set();
        _ = ReceiveAll(connection);
    }

    private static void SendFromNowOn(Connection connection, ProcessEvent begun)
    {
        connection.SendBytes(Message(0));
        begun.Set(); // so that at least one comes, however late the rest
        SendAll(connection, first: 1);
    }

    private static void SendAll(Connection connection, int first = 0)
    {
        for (int number = first; ; number++)
        {
            connection.SendBytes(Message(number));
        }
    }

    private static async Task SendAllAsync(Connection connection)
    {
        for (int number = 0; ; number++)
        {
            await connection.SendBytesAsync(Message(number));
        }
    }
}
