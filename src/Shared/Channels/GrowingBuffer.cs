using System.Buffers;

namespace IpcDemos.Shared.Channels;

/// <summary>An array that serialized bytes are written into, and that grows with them.</summary>
/// <param name="count">How many bytes are kept free at its beginning.</param>
/// <param name="tooLong">What to say when an array cannot be as long as is needed.</param>
internal abstract class GrowingBuffer(int count, string tooLong) : IBufferWriter<byte>
{
    private protected byte[] Bytes { get; private set; } = new byte[1024];

    private protected int Count { get; set; } = count;

    public void Advance(int count) => Count += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return Bytes.AsMemory(Count);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return Bytes.AsSpan(Count);
    }

    private protected void Reserve(int sizeHint)
    {
        long needed = Count + (long)Math.Max(sizeHint, 1);
        if (needed > Bytes.Length)
        {
            if (needed > Array.MaxLength)
            {
                throw new InvalidOperationException(tooLong);
            }

            byte[] longer = Bytes;
            Array.Resize(ref longer, (int)Math.Min(Array.MaxLength, Math.Max(needed, longer.Length * 2L)));
            Bytes = longer;
        }
    }
}
