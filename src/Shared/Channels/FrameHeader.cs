using System.Buffers.Binary;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// The length in front of each message on a byte stream, as CPython's connections write it: four bytes, big-endian, signed;
/// or −1 in those and then eight bytes, big-endian, unsigned, for messages above 2³¹ − 1 bytes.
/// </summary>
internal static class FrameHeader
{
    public const int ShortLength = 4;
    public const int LongLength = 12;

    /// <summary>Writes the header of a message and returns how many bytes it took.</summary>
    public static int Write(Span<byte> destination, long messageLength)
    {
        if (messageLength <= int.MaxValue)
        {
            BinaryPrimitives.WriteInt32BigEndian(destination, (int)messageLength);
            return ShortLength;
        }

        BinaryPrimitives.WriteInt32BigEndian(destination, -1);
        BinaryPrimitives.WriteUInt64BigEndian(destination[ShortLength..], (ulong)messageLength);
        return LongLength;
    }

    /// <summary>Reads a header; false when more bytes are needed for it.</summary>
    /// <exception cref="InvalidDataException">What stands there is no length.</exception>
    public static bool TryRead(ReadOnlySpan<byte> source, out long messageLength, out int headerLength)
    {
        messageLength = headerLength = 0;
        if (source.Length < ShortLength)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32BigEndian(source);
        if (length >= 0)
        {
            (messageLength, headerLength) = (length, ShortLength);
            return true;
        }

        if (length != -1)
        {
            throw new InvalidDataException($"The length in a message header is {length}; only 0 and above, and -1, are possible.");
        }

        if (source.Length < LongLength)
        {
            return false;
        }

        ulong longLength = BinaryPrimitives.ReadUInt64BigEndian(source[ShortLength..]);
        if (longLength > long.MaxValue)
        {
            throw new InvalidDataException($"The length in a message header is {longLength}; no message can be that long.");
        }

        (messageLength, headerLength) = ((long)longLength, LongLength);
        return true;
    }
}
