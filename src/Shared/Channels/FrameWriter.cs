namespace IpcDemos.Shared.Channels;

/// <summary>
/// Where a message is serialized before it is sent: a buffer per thread, reused, with room for the header in front, so that a
/// message leaves in one write and nothing is allocated for it.
/// </summary>
internal sealed class FrameWriter : GrowingBuffer
{
    private const int KeptLength = 1024 * 1024;

    [ThreadStatic]
    private static FrameWriter? s_spare;

    private FrameWriter()
        : base(
            FrameHeader.ShortLength,
            $"A serialized value can be {Array.MaxLength} bytes long at most. Send larger data as bytes, in parts or as a sequence.")
    {
    }

    /// <summary>Takes this thread's buffer; serializing within serializing gets another.</summary>
    public static FrameWriter Rent()
    {
        FrameWriter writer = s_spare ?? new FrameWriter();
        s_spare = null;
        return writer;
    }

    public void Return()
    {
        Count = FrameHeader.ShortLength;
        if (Bytes.Length <= KeptLength)
        {
            s_spare = this;
        }
    }

    /// <summary>The message without its header.</summary>
    public ReadOnlyMemory<byte> Message => Bytes.AsMemory(FrameHeader.ShortLength, Count - FrameHeader.ShortLength);

    /// <summary>The message with its header in front.</summary>
    public ReadOnlyMemory<byte> Frame
    {
        get
        {
            _ = FrameHeader.Write(Bytes, Count - FrameHeader.ShortLength);
            return Bytes.AsMemory(0, Count);
        }
    }
}
