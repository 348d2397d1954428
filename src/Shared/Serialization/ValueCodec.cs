using System.Collections.Concurrent;
using MessagePack;

namespace IpcDemos.Shared.Serialization;

/// <summary>The formatter of a type that is known only when the program runs.</summary>
internal abstract class ValueCodec
{
    private static readonly ConcurrentDictionary<Type, ValueCodec> s_codecs = new();

    public static ValueCodec Of(Type type) => s_codecs.TryGetValue(type, out ValueCodec? codec) ? codec : s_codecs.GetOrAdd(type, Create);

    /// <summary>Writes a value inside a message.</summary>
    public abstract void Write(ref MessagePackWriter writer, object? value, MessagePackSerializerOptions options);

    /// <summary>Reads a value inside a message.</summary>
    public abstract object? Read(ref MessagePackReader reader, MessagePackSerializerOptions options);

    /// <summary>Writes a value that is a message, or a part that stands for itself.</summary>
    public abstract void WriteWhole(ref MessagePackWriter writer, object? value, MessageOrigin destination);

    /// <summary>Reads a value that is a message, or a part that stands for itself.</summary>
    public abstract object? ReadWhole(ref MessagePackReader reader, MessageOrigin origin);

    private static ValueCodec Create(Type type)
    {
        if (type.ContainsGenericParameters || type.IsByRef || type.IsByRefLike || type.IsPointer || type == typeof(void))
        {
            throw new MessageSerializationException($"No value of type {type} can travel.", TypeName.Of(type));
        }

        return (ValueCodec)Activator.CreateInstance(typeof(ValueCodec<>).MakeGenericType(type))!;
    }
}

/// <inheritdoc cref="ValueCodec"/>
internal sealed class ValueCodec<T> : ValueCodec
{
    public override void Write(ref MessagePackWriter writer, object? value, MessagePackSerializerOptions options) =>
        MessageResolver.Formatter<T>().Serialize(ref writer, Unbox(value), options);

    public override object? Read(ref MessagePackReader reader, MessagePackSerializerOptions options) =>
        MessageResolver.Formatter<T>().Deserialize(ref reader, options);

    public override void WriteWhole(ref MessagePackWriter writer, object? value, MessageOrigin destination) =>
        MessageSerializer.Write(ref writer, Unbox(value), destination);

    public override object? ReadWhole(ref MessagePackReader reader, MessageOrigin origin) => MessageSerializer.Read<T>(ref reader, origin);

    private static T Unbox(object? value) => value switch
    {
        T typed => typed,
        null when default(T) is null => default!,
        _ => throw new MessageSerializationException(
            $"{(value is null ? "null" : TypeName.Of(value.GetType()))} is no {TypeName.Of(typeof(T))}.", TypeName.Of(typeof(T))),
    };
}
