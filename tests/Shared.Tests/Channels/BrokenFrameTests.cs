using System.Buffers.Binary;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>What a peer that dies, or speaks something else, can put on a stream.</summary>
public sealed class BrokenFrameTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(PipeTransport.Anonymous)]
    [InlineData(PipeTransport.Named)]
    public async Task Half_a_header_is_a_truncated_message_of_unknown_length(PipeTransport transport)
    {
        using Connection connection = ReceiverOf([0, 0], transport);

        TruncatedMessageException error = await Assert.ThrowsAsync<TruncatedMessageException>(async () => await connection.ReceiveBytesAsync());

        Assert.Equal((-1, 2), (error.Expected, error.Received));
        Assert.Contains("header", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_long_header_is_a_truncated_message_of_unknown_length()
    {
        using Connection connection = ReceiverOf([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0]);

        TruncatedMessageException error = Assert.Throws<TruncatedMessageException>(() => connection.ReceiveBytes());

        Assert.Equal((-1, 7), (error.Expected, error.Received));
    }

    [Fact]
    public void A_message_that_breaks_off_tells_how_much_came()
    {
        using Connection connection = ReceiverOf([0, 0, 0, 2, 7, 8, 0, 0, 0, 9, 1, 2, 3]);

        Assert.Equal([7, 8], connection.ReceiveBytes());
        TruncatedMessageException error = Assert.Throws<TruncatedMessageException>(() => connection.ReceiveBytes());
        Assert.Equal((9, 3), (error.Expected, error.Received));
        Assert.Contains("3 of 9 bytes", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(int.MinValue)]
    public void A_negative_length_is_no_message_and_nothing_after_it_is_read(int length)
    {
        byte[] bytes = [0, 0, 0, 0, 0, 0, 0, 1, 5];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        using Connection connection = ReceiverOf(bytes);

        Assert.Contains($"{length}", Assert.Throws<InvalidDataException>(() => connection.ReceiveBytes()).Message, StringComparison.Ordinal);
        Assert.True(connection.Poll());
        Assert.Contains($"{length}", Assert.Throws<ConnectionClosedException>(() => connection.Receive<int>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_length_beyond_every_message_is_no_message()
    {
        using Connection connection = ReceiverOf([0xFF, 0xFF, 0xFF, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]);

        _ = Assert.Throws<InvalidDataException>(() => connection.ReceiveBytes());
    }

    [Fact]
    public void A_message_that_no_array_can_hold_is_refused_with_its_length()
    {
        using Connection connection = ReceiverOf([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0]);

        Assert.Equal(1L << 32, Assert.Throws<MessageTooLongException>(() => connection.ReceiveBytes()).Length);
    }

    [Theory]
    [InlineData(int.MaxValue - 100)]
    [InlineData(1 << 30)]
    public void Nothing_is_allocated_on_the_word_of_a_header(int length)
    {
        byte[] bytes = new byte[4 + 1000];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        using Connection connection = ReceiverOf(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();

        TruncatedMessageException error = Assert.Throws<TruncatedMessageException>(() => connection.ReceiveBytes());

        Assert.Equal((length, 1000), (error.Expected, error.Received));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    /// <summary>A connection whose other side writes these bytes, and is then killed.</summary>
    private static Connection ReceiverOf(ReadOnlySpan<byte> bytes, PipeTransport transport = PipeTransport.Anonymous)
    {
        (SafePipeHandle read, SafePipeHandle write) = transport == PipeTransport.Named ? PipeEnd.CreateNamed() : PipeEnd.CreateAnonymous();
        using (PipeEnd writer = PipeEnd.From(write))
        {
            Assert.Equal(bytes.Length, writer.Write(bytes, Deadline.Infinite));
        }

        return new Connection(new StreamTransport(PipeEnd.From(read), null));
    }
}
