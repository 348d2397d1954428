using System.Buffers;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Managers;

/// <summary>A value as it stood in an answer, to be sent back without having been read: equal to the stored one to the byte.</summary>
[MessagePackFormatter(typeof(Formatter))]
internal readonly record struct RawValue(ReadOnlyMemory<byte> Bytes)
{
    internal sealed class Formatter : IMessagePackFormatter<RawValue>
    {
        public void Serialize(ref MessagePackWriter writer, RawValue value, MessagePackSerializerOptions options) =>
            writer.WriteRaw(value.Bytes.Span);

        public RawValue Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) =>
            new(reader.ReadRaw().ToArray());
    }
}
