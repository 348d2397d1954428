using System.Globalization;
using System.Text;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>Shows a value of a message to people, as Python would: <c>'text'</c>, <c>[1, 2.5]</c>, <c>{'a': None}</c>. Never fails.</summary>
internal static class ValueText
{
    private const int MaximumLength = 4096;
    private const int MaximumDepth = 16;

    public static string Of(ReadOnlyMemory<byte> value)
    {
        var text = new StringBuilder();
        var reader = new MessagePackReader(value);
        try
        {
            Append(text, ref reader, 0);
        }
        catch (Exception error) when (error is MessagePackSerializationException or EndOfStreamException)
        {
            _ = text.Append('…');
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, ref MessagePackReader reader, int depth)
    {
        if (text.Length > MaximumLength || depth > MaximumDepth)
        {
            throw new EndOfStreamException();
        }

        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Array:
                AppendElements(text, ref reader, depth, '[', ']', reader.ReadArrayHeader(), isMap: false);
                break;
            case MessagePackType.Map:
                AppendElements(text, ref reader, depth, '{', '}', reader.ReadMapHeader(), isMap: true);
                break;
            case MessagePackType.Extension:
                ExtensionHeader header = reader.ReadExtensionFormatHeader();
                _ = text.Append(header.TypeCode == ManagerProtocol.ReferenceCode ? "<shared object>" : $"<extension {header.TypeCode}>");
                _ = reader.ReadRaw(header.Length);
                break;
            default:
                _ = text.Append(Scalar(ref reader));
                break;
        }
    }

    private static void AppendElements(
        StringBuilder text, ref MessagePackReader reader, int depth, char open, char close, int count, bool isMap)
    {
        _ = text.Append(open);
        for (int index = 0; index < count; index++)
        {
            _ = text.Append(index == 0 ? "" : ", ");
            Append(text, ref reader, depth + 1);
            if (isMap)
            {
                _ = text.Append(": ");
                Append(text, ref reader, depth + 1);
            }
        }

        _ = text.Append(close);
    }

    private static string Scalar(ref MessagePackReader reader) => reader.NextMessagePackType switch
    {
        MessagePackType.Nil => reader.TryReadNil() ? "None" : "",
        MessagePackType.Boolean => reader.ReadBoolean() ? "True" : "False",
        MessagePackType.Integer when reader.NextCode == MessagePackCode.UInt64 => reader.ReadUInt64().ToString(CultureInfo.InvariantCulture),
        MessagePackType.Integer => reader.ReadInt64().ToString(CultureInfo.InvariantCulture),
        MessagePackType.Float => reader.ReadDouble().ToString(CultureInfo.InvariantCulture),
        MessagePackType.String => $"'{reader.ReadString()}'",
        MessagePackType.Binary => $"<{reader.ReadBytes()?.Length} bytes>",
        _ => throw new EndOfStreamException(),
    };
}
