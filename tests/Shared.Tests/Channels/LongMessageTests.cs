using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Tests.Channels;

public sealed class LongMessageTests
{
    private const int Length = 300_000; // longer than a pipe holds, so that it comes in pieces

    [Theory(Timeout = 60_000)]
    [InlineData(PipeTransport.Anonymous)]
    [InlineData(PipeTransport.Named)]
    public async Task Each_array_received_is_the_callers_own_whatever_was_received_before(PipeTransport transport)
    {
        var (receiving, sending) = Pipe.Create(duplex: false, transport);
        using (receiving)
        using (sending)
        {
            Task sender = Task.Run(
                () =>
                {
                    sending.SendBytes(Filled(1));
                    sending.Send(Filled(2));
                    sending.SendBytes(Filled(3));
                    sending.SendBytes(Filled(4));
                    sending.SendBytes(Filled(5));
                },
                TestContext.Current.CancellationToken);

            byte[] buffer = new byte[Length];
            Assert.Equal(Length, receiving.ReceiveBytesInto(buffer));
            byte[] value = receiving.Receive<byte[]>();
            byte[] third = receiving.ReceiveBytes();
            byte[] fourth = receiving.ReceiveBytes();
            Assert.Equal(Length, receiving.ReceiveBytesInto(new byte[Length]));

            Assert.Equal(Filled(1), buffer);
            Assert.Equal(Filled(2), value);
            Assert.Equal(Filled(3), third);
            Assert.Equal(Filled(4), fourth);
            await sender;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_long_message_that_did_not_come_in_time_is_received_later()
    {
        var (receiving, sending) = Pipe.Create(duplex: false);
        using (receiving)
        using (sending)
        {
            Assert.Throws<TimeoutException>(() => receiving.ReceiveBytes(timeout: TimeSpan.Zero));
            Task sender = Task.Run(() => sending.SendBytes(Filled(7)), TestContext.Current.CancellationToken);
            byte[]? message = null;
            while (message is null)
            {
                try
                {
                    message = receiving.ReceiveBytes(timeout: TimeSpan.Zero);
                }
                catch (TimeoutException)
                {
                    // What has come of it is kept.
                }
            }

            Assert.Equal(Filled(7), message);
            await sender;
        }
    }

    private static byte[] Filled(byte value)
    {
        byte[] bytes = new byte[Length];
        bytes.AsSpan().Fill(value);
        return bytes;
    }
}
