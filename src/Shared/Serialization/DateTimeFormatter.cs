using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Serialization;

/// <summary>
/// A <see cref="DateTime"/> with its <see cref="DateTime.Kind"/>: UTC as MessagePack's timestamp, which every language reads; local and
/// unspecified times as an extension of ours, since a timestamp would turn them into UTC.
/// </summary>
internal sealed class DateTimeFormatter : IMessagePackFormatter<DateTime>
{
    private const ulong TicksMask = (1UL << 62) - 1;

    public static DateTimeFormatter Instance { get; } = new();

    public void Serialize(ref MessagePackWriter writer, DateTime value, MessagePackSerializerOptions options)
    {
        if (value.Kind == DateTimeKind.Utc || ((MessageOptions)options).Origin == MessageOrigin.Foreign)
        {
            writer.Write(value);
            return;
        }

        writer.WriteExtensionFormatHeader(new ExtensionHeader(ExtensionCode.DateTime, sizeof(ulong)));
        Span<byte> payload = writer.GetSpan(sizeof(ulong));
        // Ticks and kind as the type itself holds them; they include which of two equal wall-clock times in autumn was meant.
        BinaryPrimitives.WriteUInt64BigEndian(payload, Unsafe.BitCast<DateTime, ulong>(value));
        writer.Advance(sizeof(ulong));
    }

    public DateTime Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        MessagePackReader start = reader.CreatePeekReader();
        ExtensionHeader header = reader.ReadExtensionFormatHeader();
        if (header.TypeCode != ExtensionCode.DateTime)
        {
            reader = start;
            return reader.ReadDateTime();
        }

        return Read(header.Length == sizeof(ulong)
            ? reader.ReadRaw(sizeof(ulong))
            : throw new MessageSerializationException($"A local time takes {sizeof(ulong)} bytes, not {header.Length}."));
    }

    public static DateTime Read(in ReadOnlySequence<byte> payload)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        payload.Slice(0, sizeof(ulong)).CopyTo(bytes);
        ulong data = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        return (data & TicksMask) <= (ulong)DateTime.MaxValue.Ticks
            ? Unsafe.BitCast<ulong, DateTime>(data)
            : throw new MessageSerializationException($"{data & TicksMask} ticks lie beyond the year 9999.");
    }
}
