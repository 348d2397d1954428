using System.Buffers;
using System.Text;
using System.Text.Unicode;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Serialization;

/// <summary>
/// Text as strict UTF-8, in both directions. The package's own formatter puts a replacement character where text or bytes are invalid;
/// what arrived would then not be what was sent, and nobody would know.
/// </summary>
internal sealed class StringFormatter : IMessagePackFormatter<string?>
{
    private const int ChunkSize = 64 * 1024;
    private const int MaximumBytesPerChar = 3;
    private const int MaximumFixedLength = 31;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static StringFormatter Instance { get; } = new();

    public void Serialize(ref MessagePackWriter writer, string? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
        }
        else if (value.Length <= MaximumFixedLength / MaximumBytesPerChar)
        {
            WriteShort(ref writer, value);
        }
        else
        {
            WriteLong(ref writer, value);
        }
    }

    public string? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        if (reader.TryReadNil())
        {
            return null;
        }

        MessagePackReader start = reader.CreatePeekReader();
        try
        {
            return reader.TryReadStringSpan(out ReadOnlySpan<byte> span)
                ? s_strict.GetString(span)
                : s_strict.GetString(reader.ReadStringSequence() ?? default);
        }
        catch (DecoderFallbackException e)
        {
            reader = start;
            throw new MessageSerializationException($"The text is not valid UTF-8 ({e.Message}) Bytes travel as byte[].");
        }
    }

    /// <summary>The text is so short that its header is one byte whatever the characters are: one pass suffices.</summary>
    private static void WriteShort(ref MessagePackWriter writer, string value)
    {
        Span<byte> span = writer.GetSpan(1 + (value.Length * MaximumBytesPerChar));
        if (Utf8.FromUtf16(value, span[1..], out _, out int written, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            throw Unpaired(value);
        }

        span[0] = (byte)(MessagePackCode.MinFixStr | written);
        writer.Advance(1 + written);
    }

    private static void WriteLong(ref MessagePackWriter writer, string value)
    {
        int remaining;
        try
        {
            remaining = s_strict.GetByteCount(value);
        }
        catch (EncoderFallbackException)
        {
            throw Unpaired(value);
        }

        // In pieces, for the transport behind the writer need not have room for all of a long text in one place.
        writer.WriteStringHeader(remaining);
        ReadOnlySpan<char> characters = value;
        while (remaining > 0)
        {
            Span<byte> span = writer.GetSpan(Math.Min(remaining, ChunkSize));
            _ = Utf8.FromUtf16(characters, span, out int read, out int written, replaceInvalidSequences: false);
            writer.Advance(written);
            characters = characters[read..];
            remaining -= written;
        }
    }

    private static MessageSerializationException Unpaired(string value)
    {
        var exception = new MessageSerializationException(
            "The text holds half of a surrogate pair, which UTF-8 cannot express; send char[] or ushort[] if it is not meant as text.");
        FailureTrace.NoteValue(exception, value);
        return exception;
    }
}
