using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Serialization;

/// <summary>A type that travels as its text, under the same strict rules as text itself.</summary>
internal sealed class TextFormatter<T>(Func<T, string> format, Func<string, T> parse) : IMessagePackFormatter<T?>
    where T : class
{
    public void Serialize(ref MessagePackWriter writer, T? value, MessagePackSerializerOptions options) =>
        StringFormatter.Instance.Serialize(ref writer, value is null ? null : format(value), options);

    public T? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) =>
        StringFormatter.Instance.Deserialize(ref reader, options) is { } text ? parse(text) : null;
}
