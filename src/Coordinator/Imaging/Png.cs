using System.Buffers.Binary;
using System.IO.Compression;

namespace IpcDemos.Coordinator.Imaging;

/// <summary>
/// Pictures in the PNG format, in its plainest variant: three bytes (red, green, blue) per pixel, rows from the top, no filters.
/// </summary>
internal static class Png
{
    public const int BytesPerPixel = 3;

    private const int HeaderSize = 13;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    // After width and height: 8 bits per colour, true colour, and the only compression, filtering and order for everybody to see.
    private static ReadOnlySpan<byte> Variant => [8, 2, 0, 0, 0];

    /// <summary>Writes a picture.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="pixels">As many whole rows as there are.</param>
    public static void Write(Stream stream, int width, ReadOnlySpan<byte> pixels)
    {
        int rowSize = width * BytesPerPixel;
        stream.Write(Signature);
        Span<byte> header = stackalloc byte[HeaderSize];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], pixels.Length / rowSize);
        Variant.CopyTo(header[8..]);
        WriteChunk(stream, "IHDR"u8, header);

        using var data = new MemoryStream();
        using (var compressed = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (ReadOnlySpan<byte> rows = pixels; !rows.IsEmpty; rows = rows[rowSize..])
            {
                // The row's filter: none.
                compressed.WriteByte(0);
                compressed.Write(rows[..rowSize]);
            }
        }

        WriteChunk(stream, "IDAT"u8, data.GetBuffer().AsSpan(0, (int)data.Length));
        WriteChunk(stream, "IEND"u8, []);
    }

    /// <summary>Reads a picture that <see cref="Write"/> wrote.</summary>
    /// <returns>Its width in pixels, and the pixels.</returns>
    /// <exception cref="InvalidDataException">It is damaged, or another kind of file.</exception>
    /// <exception cref="EndOfStreamException">It ends too early.</exception>
    public static (int Width, byte[] Pixels) Read(Stream stream)
    {
        Span<byte> signature = stackalloc byte[Signature.Length];
        stream.ReadExactly(signature);
        Require(signature.SequenceEqual(Signature), "It does not begin as a PNG file does.");
        byte[] header = ReadChunk(stream, "IHDR"u8);
        Require(header.Length == HeaderSize && header.AsSpan(8).SequenceEqual(Variant), "It is of another variant.");
        int width = BinaryPrimitives.ReadInt32BigEndian(header);
        int height = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4));
        using var data = new MemoryStream(ReadChunk(stream, "IDAT"u8));
        Require(ReadChunk(stream, "IEND"u8).Length == 0 && stream.ReadByte() < 0, "Something comes after its end.");

        int rowSize = width * BytesPerPixel;
        byte[] pixels = new byte[rowSize * height];
        using var decompressed = new ZLibStream(data, CompressionMode.Decompress);
        for (Span<byte> rows = pixels; !rows.IsEmpty; rows = rows[rowSize..])
        {
            Require(decompressed.ReadByte() == 0, "It has a filtered row.");
            decompressed.ReadExactly(rows[..rowSize]);
        }

        Require(decompressed.ReadByte() < 0, "It has more rows than it says.");
        return (width, pixels);
    }

    private static void WriteChunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(type);
        stream.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, CheckSum(type, data));
        stream.Write(number);
    }

    private static byte[] ReadChunk(Stream stream, ReadOnlySpan<byte> type)
    {
        Span<byte> word = stackalloc byte[sizeof(uint)];
        stream.ReadExactly(word);
        int length = BinaryPrimitives.ReadInt32BigEndian(word);
        Require(length >= 0, "A length is not possible.");
        byte[] data = new byte[length];
        stream.ReadExactly(word);
        Require(word.SequenceEqual(type), "It has another chunk than expected.");
        stream.ReadExactly(data);
        stream.ReadExactly(word);
        Require(BinaryPrimitives.ReadUInt32BigEndian(word) == CheckSum(type, data), "A checksum does not fit.");
        return data;
    }

    private static uint CheckSum(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data) => ~Crc32(data, Crc32(type, uint.MaxValue));

    private static uint Crc32(ReadOnlySpan<byte> data, uint sum)
    {
        foreach (byte value in data)
        {
            sum ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                sum = (sum >> 1) ^ ((sum & 1) * 0xEDB88320);
            }
        }

        return sum;
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidDataException($"This is not a picture that was written here. {otherwise}");
        }
    }
}
