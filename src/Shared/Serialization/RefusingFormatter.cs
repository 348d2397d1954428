using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Serialization;

/// <summary>
/// Stands for a type that cannot travel. It refuses values, not types: a record with a stream that is null travels, and what is wrong is
/// said when a value is sent, with its path, rather than when some type is first seen.
/// </summary>
internal sealed class RefusingFormatter<T>(string reason) : IMessagePackFormatter<T?>
{
    public void Serialize(ref MessagePackWriter writer, T? value, MessagePackSerializerOptions options)
    {
        if (value is not null)
        {
            throw new MessageSerializationException(UnsupportedType.ReasonAgainst(value.GetType()) ?? reason);
        }

        writer.WriteNil();
    }

    public T? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) =>
        default(T) is null && reader.TryReadNil() ? default : throw new MessageSerializationException(reason);
}
