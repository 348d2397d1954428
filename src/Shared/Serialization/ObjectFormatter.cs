using System.Buffers;
using System.Runtime.CompilerServices;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Serialization;

/// <summary>
/// Values declared as <see cref="object"/>. Between processes of our own each keeps its exact type: numbers by the width they are written
/// in, most others because MessagePack tells them apart, the rest by a description of the type in front of the value.
/// </summary>
internal sealed class ObjectFormatter : IMessagePackFormatter<object?>
{
    public static ObjectFormatter Instance { get; } = new();

    public void Serialize(ref MessagePackWriter writer, object? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
        }
        else if (value.GetType() == typeof(object))
        {
            // It would be passed on to the formatter of its type: this one.
            throw Untyped(value);
        }
        else if (((MessageOptions)options).Origin == MessageOrigin.Foreign)
        {
            ValueCodec.Of(value.GetType()).Write(ref writer, value, options);
        }
        else if (!TryWriteSelfDescribing(ref writer, value, options))
        {
            WriteTyped(ref writer, value, options);
        }
    }

    public object? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) => reader.NextMessagePackType switch
    {
        MessagePackType.Nil => ReadNil(ref reader),
        MessagePackType.Boolean => reader.ReadBoolean(),
        MessagePackType.Integer => ReadInteger(ref reader, (MessageOptions)options),
        MessagePackType.Float => reader.NextCode == MessagePackCode.Float32 ? reader.ReadSingle() : (object)reader.ReadDouble(),
        MessagePackType.String => StringFormatter.Instance.Deserialize(ref reader, options),
        MessagePackType.Binary => ByteArrayFormatter.Instance.Deserialize(ref reader, options),
        MessagePackType.Array => ReadArray(ref reader, options),
        MessagePackType.Map => ValueCodec.Of(typeof(Dictionary<object, object?>)).Read(ref reader, options),
        MessagePackType.Extension => ReadExtension(ref reader, options),
        _ => throw new MessageSerializationException($"The byte 0x{reader.NextCode:x2} begins no MessagePack value."),
    };

    private static bool TryWriteSelfDescribing(ref MessagePackWriter writer, object value, MessagePackSerializerOptions options)
    {
        switch (value)
        {
            case string text:
                StringFormatter.Instance.Serialize(ref writer, text, options);
                return true;
            case Enum or char:
                return false;
            case int number:
                writer.WriteInt32(number);
                return true;
            case bool truth:
                writer.Write(truth);
                return true;
            case double number:
                writer.Write(number);
                return true;
            case long number:
                writer.WriteInt64(number);
                return true;
            case byte number:
                writer.WriteUInt8(number);
                return true;
            case sbyte number:
                writer.WriteInt8(number);
                return true;
            case short number:
                writer.WriteInt16(number);
                return true;
            case ushort number:
                writer.WriteUInt16(number);
                return true;
            case uint number:
                writer.WriteUInt32(number);
                return true;
            case ulong number:
                writer.WriteUInt64(number);
                return true;
            case float number:
                writer.Write(number);
                return true;
            case DateTime time:
                DateTimeFormatter.Instance.Serialize(ref writer, time, options);
                return true;
        }

        Type type = value.GetType();
        if (type != typeof(byte[]) && type != typeof(object[]) && type != typeof(Dictionary<object, object>) && !IsPrimitiveBlock(type))
        {
            return false;
        }

        ValueCodec.Of(type).Write(ref writer, value, options);
        return true;
    }

    private static bool IsPrimitiveBlock(Type type) =>
        type.IsSZArray && BitConverter.IsLittleEndian && type.GetElementType() is { IsEnum: false } element
        && BlockLayout.TypeOf(BlockLayout.KindOf(element)) == element;

    private static void WriteTyped(ref MessagePackWriter writer, object value, MessagePackSerializerOptions options)
    {
        Type type = value.GetType();
        ReadOnlySpan<byte> description = ExactType.TryDescribe(type);
        if (description.IsEmpty)
        {
            throw Untyped(value);
        }

        writer.WriteArrayHeader(2);
        writer.WriteExtensionFormatHeader(new ExtensionHeader(ExtensionCode.ExactType, description.Length));
        writer.WriteRaw(description);
        ValueCodec.Of(type).Write(ref writer, value, options);
    }

    private static MessageSerializationException Untyped(object value)
    {
        Type type = value.GetType();
        var exception = new MessageSerializationException(UnsupportedType.ReasonAgainst(type)
            ?? $"A {TypeName.Of(type)} in a place declared as object would arrive without its type, since messages name none; declare the place "
            + $"as {TypeName.Of(type)}, or as an interface or base class with [Union].");
        FailureTrace.NoteValue(exception, value);
        return exception;
    }

    private static object? ReadNil(ref MessagePackReader reader)
    {
        reader.ReadNil();
        return null;
    }

    /// <summary>
    /// Our own processes write the width of the type; others the shortest form, which says nothing about a type, so that a number from
    /// them is an int if it fits.
    /// </summary>
    private static object ReadInteger(ref MessagePackReader reader, MessageOptions options)
    {
        byte code = reader.NextCode;
        if (options.Origin == MessageOrigin.OwnProcess)
        {
            switch (code)
            {
                case MessagePackCode.UInt8:
                    return reader.ReadByte();
                case MessagePackCode.Int8:
                    return reader.ReadSByte();
                case MessagePackCode.UInt16:
                    return reader.ReadUInt16();
                case MessagePackCode.Int16:
                    return reader.ReadInt16();
                case MessagePackCode.UInt32:
                    return reader.ReadUInt32();
                case MessagePackCode.UInt64:
                    return reader.ReadUInt64();
                case MessagePackCode.Int64:
                    return reader.ReadInt64();
                default:
                    return reader.ReadInt32();
            }
        }

        long number;
        if (code == MessagePackCode.UInt64)
        {
            ulong large = reader.ReadUInt64();
            if (large > long.MaxValue)
            {
                return large;
            }

            number = (long)large;
        }
        else
        {
            number = reader.ReadInt64();
        }

        if (number is >= int.MinValue and <= int.MaxValue)
        {
            return (int)number;
        }

        return number;
    }

    private static object? ReadArray(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        MessagePackReader ahead = reader.CreatePeekReader();
        int count = ahead.ReadArrayHeader();
        if (count == 2 && ahead.NextMessagePackType == MessagePackType.Extension
            && ahead.ReadExtensionFormatHeader() is { TypeCode: ExtensionCode.ExactType } header)
        {
            return ReadTyped(ref reader, ahead.ReadRaw(header.Length), options);
        }

        return ValueCodec.Of(typeof(object?[])).Read(ref reader, options);
    }

    private static object? ReadTyped(ref MessagePackReader reader, in ReadOnlySequence<byte> description, MessagePackSerializerOptions options)
    {
        if (((MessageOptions)options).Origin == MessageOrigin.Foreign)
        {
            throw new MessageSerializationException(
                $"Extension type {ExtensionCode.ExactType} chooses a type, which a foreign process may not; it must send the plain value.");
        }

        ValueCodec codec = ValueCodec.Of(ExactType.Parse(description.ToArray()));
        _ = reader.ReadArrayHeader();
        reader.Skip();
        options.Security.DepthStep(ref reader);
        RuntimeHelpers.EnsureSufficientExecutionStack();
        object? value = codec.Read(ref reader, options);
        reader.Depth--;
        return value;
    }

    private static object ReadExtension(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        ExtensionHeader header = reader.CreatePeekReader().ReadExtensionFormatHeader();
        switch (header.TypeCode)
        {
            case ReservedMessagePackExtensionTypeCode.DateTime or ExtensionCode.DateTime:
                return DateTimeFormatter.Instance.Deserialize(ref reader, options);
            case ExtensionCode.Block:
                MessagePackReader payload = reader.CreatePeekReader();
                _ = payload.ReadExtensionFormatHeader();
                byte kind = header.Length > 0 ? payload.ReadRaw(1).FirstSpan[0] : BlockLayout.Structure;
                Type element = BlockLayout.TypeOf(kind)
                    ?? throw new MessageSerializationException($"A block of elements of kind {kind} needs a place declared as an array of them.");
                return ValueCodec.Of(element.MakeArrayType()).Read(ref reader, options)!;
            default:
                throw new MessageSerializationException(
                    $"Extension type {header.TypeCode} is unknown; known are timestamps (-1), blocks ({ExtensionCode.Block}), local times "
                    + $"({ExtensionCode.DateTime}) and exact types ({ExtensionCode.ExactType}).");
        }
    }
}
