using System.Buffers;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Messages that go from piece to piece, so that nobody need hold the whole of them.</summary>
public sealed class StreamedMessageTests
{
    [Fact(Timeout = 300_000)]
    public async Task A_message_above_two_gibibytes_is_sent_and_received_without_being_held()
    {
        Wine.SkipHere("two gibibytes take it most of a minute.");
        const long Length = (2L << 30) + 12_345;
        byte[] part = new byte[1 << 20];
        new Random(3).NextBytes(part);
        var (receiver, sender) = Pipe.Create(duplex: false);
        using (receiver)
        using (sender)
        {
            Task sending = Task.Run(async () =>
            {
                await sender.SendBytesAsync(Segment.Repeat(part, Length));
                await sender.SendAsync("after it");
            });
            var sink = new CheckingSink(part);

            Assert.Equal(Length, await receiver.ReceiveBytesToAsync(sink));
            Assert.Equal(Length, sink.Count);
            Assert.True(sink.IsAsExpected);
            Assert.Equal("after it", await receiver.ReceiveAsync<string>());
            await sending;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_of_several_segments_is_one_message()
    {
        byte[] part = [1, 2, 3, 4, 5];
        var (receiver, sender) = Pipe.Create(duplex: false);
        using (receiver)
        using (sender)
        {
            foreach (int length in new[] { 0, 1, 5, 6, 16_384, 16_385, 50_000 })
            {
                Task sending = sender.SendBytesAsync(Segment.Repeat(part, length)).AsTask();
                byte[] message = await receiver.ReceiveBytesAsync();
                await sending;

                Assert.Equal(Enumerable.Range(0, length).Select(index => part[index % part.Length]), message);
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_streamed_message_longer_than_accepted_is_refused()
    {
        var (receiver, sender) = Pipe.Create(duplex: false);
        using (receiver)
        using (sender)
        {
            sender.SendBytes(new byte[1001]);

            _ = await Assert.ThrowsAsync<MessageTooLongException>(
                async () => await receiver.ReceiveBytesToAsync(new ArrayBufferWriter<byte>(), maximumLength: 1000));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_of_which_part_was_received_before_is_streamed_from_its_beginning()
    {
        byte[] message = new byte[4 << 20];
        new Random(8).NextBytes(message);
        using var withheld = new WithheldMessage(message, 1 << 20);
        var (receiver, sender) = Pipe.Create(duplex: false);
        using (receiver)
        using (sender)
        {
            Task sending = Task.Run(() => sender.SendBytesAsync(withheld.Bytes).AsTask());
            Assert.True(receiver.Poll(Timeout.InfiniteTimeSpan));

            _ = Assert.Throws<TimeoutException>(() => receiver.ReceiveBytes(timeout: TimeSpan.Zero));
            withheld.Release();
            var buffer = new ArrayBufferWriter<byte>();
            Assert.Equal(message.Length, await receiver.ReceiveBytesToAsync(buffer));
            await sending;

            Assert.Equal(message, buffer.WrittenMemory);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Giving_up_in_the_middle_of_a_streamed_message_closes_the_connection_for_receiving()
    {
        var (receiver, sender) = Pipe.Create();
        using (receiver)
        using (sender)
        using (var stop = new CancellationTokenSource())
        {
            Task sending = Task.Run(() => sender.SendBytes(new byte[8 << 20]));
            var sink = new CancellingSink(stop);

            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                while (true)
                {
                    _ = await receiver.ReceiveBytesToAsync(sink, cancellationToken: stop.Token);
                }
            });

            _ = await Assert.ThrowsAsync<ConnectionClosedException>(() => sending);
            Assert.Contains("given up", Assert.Throws<ConnectionClosedException>(() => receiver.ReceiveBytes()).Message, StringComparison.Ordinal);
            receiver.Send("the other way still works");
            Assert.Equal("the other way still works", sender.Receive<string>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_destination_that_fails_closes_the_connection_for_receiving()
    {
        var (receiver, sender) = Pipe.Create(duplex: false);
        using (receiver)
        using (sender)
        {
            sender.SendBytes(new byte[1000]);

            _ = await Assert.ThrowsAsync<NotSupportedException>(async () => await receiver.ReceiveBytesToAsync(new FailingSink()));
            _ = Assert.Throws<ConnectionClosedException>(() => receiver.ReceiveBytes());
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public static ReadOnlySequence<byte> Repeat(byte[] part, long length)
        {
            var first = new Segment { Memory = part };
            Segment last = first;
            while (last.RunningIndex + part.Length < length)
            {
                var next = new Segment { Memory = part, RunningIndex = last.RunningIndex + part.Length };
                last.Next = next;
                last = next;
            }

            return new ReadOnlySequence<byte>(first, 0, last, (int)(length - last.RunningIndex));
        }
    }

    private sealed class CheckingSink(byte[] part) : IBufferWriter<byte>
    {
        private readonly byte[] _buffer = new byte[256 * 1024];

        public long Count { get; private set; }

        public bool IsAsExpected { get; private set; } = true;

        public void Advance(int count)
        {
            for (int done = 0; done < count;)
            {
                int offset = (int)((Count + done) % part.Length);
                int length = Math.Min(count - done, part.Length - offset);
                IsAsExpected &= _buffer.AsSpan(done, length).SequenceEqual(part.AsSpan(offset, length));
                done += length;
            }

            Count += count;
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

        public Span<byte> GetSpan(int sizeHint = 0) => _buffer;
    }

    private sealed class CancellingSink(CancellationTokenSource stop) : IBufferWriter<byte>
    {
        private readonly byte[] _buffer = new byte[64 * 1024];

        public void Advance(int count) => stop.Cancel();

        public Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

        public Span<byte> GetSpan(int sizeHint = 0) => _buffer;
    }

    private sealed class FailingSink : IBufferWriter<byte>
    {
        public void Advance(int count) => throw new NotSupportedException();

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();

        public Span<byte> GetSpan(int sizeHint = 0) => throw new NotSupportedException();
    }
}
