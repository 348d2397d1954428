using System.Reflection;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Serialization;

/// <summary>
/// Interfaces and base classes that list their implementations with <see cref="UnionAttribute"/>: the number of the implementation, then
/// the value. The package's own formatter writes, and reads, nil for an implementation that is not listed; here that is an error.
/// </summary>
internal sealed class UnionFormatter<T> : IMessagePackFormatter<T?>
    where T : class
{
    private readonly Dictionary<int, ValueCodec> _codecs;
    private readonly Dictionary<Type, int> _keys;

    public UnionFormatter()
    {
        UnionAttribute[] unions = [.. typeof(T).GetCustomAttributes<UnionAttribute>(inherit: false)];
        _codecs = unions.ToDictionary(static union => union.Key, static union => ValueCodec.Of(union.SubType));
        _keys = unions.ToDictionary(static union => union.SubType, static union => union.Key);
    }

    public void Serialize(ref MessagePackWriter writer, T? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        if (!_keys.TryGetValue(value.GetType(), out int key))
        {
            throw new MessageSerializationException(
                $"{TypeName.Of(value.GetType())} is not among the [Union] types of {TypeName.Of(typeof(T))}; add it there.");
        }

        writer.WriteArrayHeader(2);
        writer.Write(key);
        _codecs[key].Write(ref writer, value, options);
    }

    public T? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        if (reader.TryReadNil())
        {
            return null;
        }

        int count = reader.ReadArrayHeader();
        if (count != 2)
        {
            throw new MessageSerializationException($"A {TypeName.Of(typeof(T))} is an array of two, [number of the [Union] type, value], not of {count}.");
        }

        options.Security.DepthStep(ref reader);
        int key = reader.ReadInt32();
        if (!_codecs.TryGetValue(key, out ValueCodec? codec))
        {
            throw new MessageSerializationException($"{TypeName.Of(typeof(T))} has no [Union] type with the number {key}.");
        }

        var value = (T?)codec.Read(ref reader, options);
        reader.Depth--;
        return value;
    }
}
