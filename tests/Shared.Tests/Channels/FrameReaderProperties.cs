using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Tests.Channels;

public sealed class FrameReaderProperties
{
    /// <summary>Messages around every boundary of the reader, and how the stream that they make is cut.</summary>
    private static readonly Arbitrary<(int[] Lengths, int[] Cuts)> s_streams = (
        from lengths in Gen.OneOf(
            Gen.Choose(0, 40),
            Gen.Choose(65_520, 65_560),
            Gen.Choose(131_060, 131_090),
            Gen.Elements(0, 1, 4, 5_000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000)).ListOf().Resize(10)
        from cuts in Gen.OneOf(Gen.Choose(1, 10), Gen.Choose(1, 70_000), Gen.Constant(int.MaxValue)).NonEmptyListOf()
        select (lengths.ToArray(), cuts.ToArray())).ToArbitrary();

    [Property(MaxTest = 60)]
    public Property However_a_stream_is_cut_the_same_messages_come_out_of_it() => Prop.ForAll(s_streams, stream =>
    {
        byte[][] messages = MessagesOf(stream.Lengths);

        return Read(StreamOf(messages), stream.Cuts, handOver: false).SequenceEqual(messages, ByContent.Instance);
    });

    [Property(MaxTest = 60)]
    public Property A_reader_can_hand_over_to_another_one_at_any_moment() => Prop.ForAll(s_streams, stream =>
    {
        byte[][] messages = MessagesOf(stream.Lengths);

        return Read(StreamOf(messages), stream.Cuts, handOver: true).SequenceEqual(messages, ByContent.Instance);
    });

    [Property]
    public Property A_header_is_read_as_it_was_written() => Prop.ForAll(
        Gen.OneOf(Gen.Choose(0, int.MaxValue).Select(length => (long)length), Gen.Choose(1, int.MaxValue).Select(length => ((long)length << 32) - 1)).ToArbitrary(),
        length =>
        {
            byte[] header = new byte[FrameHeader.LongLength];
            int written = FrameHeader.Write(header, length);
            bool isReadFromLess = FrameHeader.TryRead(header.AsSpan(0, written - 1), out _, out _);
            bool isRead = FrameHeader.TryRead(header.AsSpan(0, written), out long read, out int headerLength);
            return isRead && !isReadFromLess && read == length && headerLength == written;
        });

    [Property]
    public Property Any_bytes_are_messages_or_an_error_that_is_documented() => Prop.ForAll<byte[]>(bytes =>
    {
        try
        {
            _ = Read(bytes, [3], handOver: false);
            return true;
        }
        catch (Exception error) when (error is InvalidDataException or MessageTooLongException)
        {
            return true;
        }
    });

    private static byte[][] MessagesOf(int[] lengths) => [.. lengths.Select((length, index) =>
    {
        byte[] message = new byte[length];
        new Random(index + length).NextBytes(message);
        return message;
    })];

    private static byte[] StreamOf(byte[][] messages)
    {
        using var stream = new MemoryStream();
        byte[] header = new byte[FrameHeader.LongLength];
        foreach (byte[] message in messages)
        {
            stream.Write(header, 0, FrameHeader.Write(header, message.Length));
            stream.Write(message);
        }

        return stream.ToArray();
    }

    private static List<byte[]> Read(byte[] stream, int[] cuts, bool handOver)
    {
        var reader = new FrameReader();
        var messages = new List<byte[]>();
        int position = 0;
        for (int turn = 0; ; turn++)
        {
            while (reader.TryTake(Array.MaxLength, out ReadOnlyMemory<byte> message, out byte[]? array))
            {
                messages.Add(array ?? message.ToArray());
            }

            if (position == stream.Length)
            {
                return messages;
            }

            if (handOver)
            {
                byte[] unread = reader.Unread();
                reader = new FrameReader();
                reader.Preload(unread);
                _ = reader.TryTake(Array.MaxLength, out _, out _); // a reader that was handed part of a large message first sorts it out
            }

            Memory<byte> target = reader.Target;
            int cut = Math.Max(cuts[turn % cuts.Length], stream.Length / (handOver ? 50 : 1000)); // no millions of pieces
            int count = Math.Min(Math.Min(cut, target.Length), stream.Length - position);
            stream.AsSpan(position, count).CopyTo(target.Span);
            reader.Advance(count);
            position += count;
        }
    }

    private sealed class ByContent : IEqualityComparer<byte[]>
    {
        public static ByContent Instance { get; } = new();

        public bool Equals(byte[]? left, byte[]? right) => left.AsSpan().SequenceEqual(right);

        public int GetHashCode(byte[] bytes) => bytes.Length;
    }
}
