using System.Buffers;

namespace IpcDemos.Interop.Tests.Channels;

/// <summary>A message of any length that takes little memory: one part over and over. Checks one that comes back.</summary>
internal sealed class RepeatedPart : IBufferWriter<byte>
{
    private static readonly byte[] s_part = CreatePart();
    private readonly byte[] _buffer = new byte[1 << 20];
    private long _received;

    /// <summary>Whether all that came is what <see cref="Sequence"/> gives.</summary>
    public bool IsTheSame { get; private set; } = true;

    /// <summary>A message of that length.</summary>
    public static ReadOnlySequence<byte> Sequence(long length)
    {
        var first = new Segment(s_part, 0);
        Segment last = first;
        while (last.RunningIndex + last.Memory.Length < length)
        {
            last = last.Append(s_part);
        }

        return new ReadOnlySequence<byte>(first, 0, last, (int)(length - last.RunningIndex));
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

    public Span<byte> GetSpan(int sizeHint = 0) => _buffer;

    public void Advance(int count)
    {
        ReadOnlySpan<byte> came = _buffer.AsSpan(0, count);
        while (!came.IsEmpty)
        {
            ReadOnlySpan<byte> expected = s_part.AsSpan((int)(_received % s_part.Length));
            int compared = Math.Min(expected.Length, came.Length);
            IsTheSame &= came[..compared].SequenceEqual(expected[..compared]);
            _received += compared;
            came = came[compared..];
        }
    }

    private static byte[] CreatePart()
    {
        byte[] part = new byte[1_000_003]; // shares no divisor with anybody's buffer
        new Random(1).NextBytes(part);
        return part;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] part, long start) => (Memory, RunningIndex) = (part, start);

        public Segment Append(byte[] part)
        {
            var next = new Segment(part, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
