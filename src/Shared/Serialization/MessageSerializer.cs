using System.Buffers;
using MessagePack;

namespace IpcDemos.Shared.Serialization;

/// <summary>Turns values into MessagePack messages and back.</summary>
/// <remarks>
/// <para>
/// What travels: primitives, text, enumerations, dates and times, the framework's numbers and collections, arrays of any rank, tuples, and
/// plain classes, records and structures of any visibility, by their public members or by <c>[MessagePackObject]</c> or
/// <c>[DataContract]</c>. A message is a tree: what is referred to twice arrives twice, and a cycle is refused.
/// Comparers of sets and dictionaries do not travel; those that arrive have the default one.
/// </para>
/// <para>All members are safe to call from any number of threads at once. Beyond the value itself nothing is allocated per message.</para>
/// </remarks>
public static class MessageSerializer
{
    /// <summary>Writes <paramref name="value"/> as one message.</summary>
    /// <param name="writer">Where to; after an exception it may hold a part of the message, which is to be thrown away.</param>
    /// <param name="value">The value; it is written as <typeparamref name="T"/>, whatever else it may be.</param>
    /// <param name="destination">Who will read it; for a foreign process everything is written as plain MessagePack.</param>
    /// <exception cref="MessageSerializationException">Something in the value cannot travel; the path to it is named.</exception>
    public static void Serialize<T>(IBufferWriter<byte> writer, T value, MessageOrigin destination = MessageOrigin.OwnProcess)
    {
        var messagePackWriter = new MessagePackWriter(writer);
        Write(ref messagePackWriter, value, destination);
        messagePackWriter.Flush();
    }

    /// <inheritdoc cref="Serialize{T}(IBufferWriter{byte}, T, MessageOrigin)"/>
    /// <returns>The message.</returns>
    public static byte[] Serialize<T>(T value, MessageOrigin destination = MessageOrigin.OwnProcess)
    {
        ArrayBufferWriter<byte> buffer = MessageBuffer.Rent();
        try
        {
            Serialize(buffer, value, destination);
            return buffer.WrittenSpan.ToArray();
        }
        finally
        {
            MessageBuffer.Return(buffer);
        }
    }

    /// <summary>Writes <paramref name="value"/>, declared as <paramref name="type"/>, as one message.</summary>
    /// <param name="writer">Where to; after an exception it may hold a part of the message, which is to be thrown away.</param>
    /// <param name="type">The type that the value is written as, and is to be read as.</param>
    /// <param name="value">The value.</param>
    /// <param name="destination">Who will read it; for a foreign process everything is written as plain MessagePack.</param>
    /// <exception cref="MessageSerializationException">Something in the value cannot travel; the path to it is named.</exception>
    public static void Serialize(
        IBufferWriter<byte> writer, Type type, object? value, MessageOrigin destination = MessageOrigin.OwnProcess)
    {
        var messagePackWriter = new MessagePackWriter(writer);
        Write(ref messagePackWriter, type, value, destination);
        messagePackWriter.Flush();
    }

    /// <inheritdoc cref="Serialize(IBufferWriter{byte}, Type, object?, MessageOrigin)"/>
    /// <returns>The message.</returns>
    public static byte[] Serialize(Type type, object? value, MessageOrigin destination = MessageOrigin.OwnProcess)
    {
        ArrayBufferWriter<byte> buffer = MessageBuffer.Rent();
        try
        {
            Serialize(buffer, type, value, destination);
            return buffer.WrittenSpan.ToArray();
        }
        finally
        {
            MessageBuffer.Return(buffer);
        }
    }

    /// <summary>Reads a message as a <typeparamref name="T"/>.</summary>
    /// <param name="message">The whole message and nothing after it.</param>
    /// <param name="origin">Who wrote it; a foreign message is read with limits on its depth and length, and may not choose types.</param>
    /// <exception cref="MessageSerializationException">The bytes are damaged, or are no <typeparamref name="T"/>.</exception>
    public static T Deserialize<T>(ReadOnlyMemory<byte> message, MessageOrigin origin = MessageOrigin.OwnProcess)
    {
        var reader = new MessagePackReader(message);
        CheckLength(message.Length, typeof(T), origin);
        T value = Read<T>(ref reader, origin);
        CheckEnd(ref reader, typeof(T));
        return value;
    }

    /// <inheritdoc cref="Deserialize{T}(ReadOnlyMemory{byte}, MessageOrigin)"/>
    public static T Deserialize<T>(in ReadOnlySequence<byte> message, MessageOrigin origin = MessageOrigin.OwnProcess)
    {
        var reader = new MessagePackReader(message);
        CheckLength(message.Length, typeof(T), origin);
        T value = Read<T>(ref reader, origin);
        CheckEnd(ref reader, typeof(T));
        return value;
    }

    /// <summary>Reads a message as a <paramref name="type"/>.</summary>
    /// <inheritdoc cref="Deserialize{T}(ReadOnlyMemory{byte}, MessageOrigin)"/>
    public static object? Deserialize(Type type, ReadOnlyMemory<byte> message, MessageOrigin origin = MessageOrigin.OwnProcess) =>
        Deserialize(type, new ReadOnlySequence<byte>(message), origin);

    /// <summary>Reads a message as a <paramref name="type"/>.</summary>
    /// <inheritdoc cref="Deserialize{T}(ReadOnlyMemory{byte}, MessageOrigin)"/>
    public static object? Deserialize(Type type, in ReadOnlySequence<byte> message, MessageOrigin origin = MessageOrigin.OwnProcess)
    {
        var reader = new MessagePackReader(message);
        CheckLength(message.Length, type, origin);
        object? value = Read(ref reader, type, origin);
        CheckEnd(ref reader, type);
        return value;
    }

    /// <summary>Writes a value as a part of a message that somebody else frames.</summary>
    internal static void Write<T>(ref MessagePackWriter writer, T value, MessageOrigin destination = MessageOrigin.OwnProcess)
    {
        int depth = WriteDepth.Current;
        try
        {
            MessageResolver.Formatter<T>().Serialize(ref writer, value, MessageResolver.OptionsFor<T>(destination));
        }
        catch (Exception e)
        {
            WriteDepth.Leave(depth);
            if (MessageFailure.OnWrite(e, typeof(T)) is { } failure)
            {
                throw failure;
            }

            throw;
        }
    }

    /// <inheritdoc cref="Write{T}(ref MessagePackWriter, T, MessageOrigin)"/>
    internal static void Write(
        ref MessagePackWriter writer, Type type, object? value, MessageOrigin destination = MessageOrigin.OwnProcess) =>
        ValueCodec.Of(type).WriteWhole(ref writer, value, destination);

    /// <summary>Reads a value that <see cref="Write{T}"/> wrote; the reader then stands behind it.</summary>
    internal static T Read<T>(ref MessagePackReader reader, MessageOrigin origin)
    {
        MessagePackReader start = reader.CreatePeekReader();
        try
        {
            return MessageResolver.Formatter<T>().Deserialize(ref reader, MessageResolver.OptionsFor<T>(origin));
        }
        catch (Exception e)
        {
            if (MessageFailure.OnRead(e, typeof(T), start, reader.Consumed) is { } failure)
            {
                throw failure;
            }

            throw;
        }
    }

    /// <inheritdoc cref="Read{T}(ref MessagePackReader, MessageOrigin)"/>
    internal static object? Read(ref MessagePackReader reader, Type type, MessageOrigin origin) =>
        ValueCodec.Of(type).ReadWhole(ref reader, origin);

    private static void CheckLength(long length, Type type, MessageOrigin origin)
    {
        if (origin == MessageOrigin.Foreign && length > MessageOptions.MaximumForeignLength)
        {
            throw new MessageSerializationException(
                $"The message takes {length} bytes; from a foreign process at most {MessageOptions.MaximumForeignLength} are read.", TypeName.Of(type));
        }
    }

    private static void CheckEnd(ref MessagePackReader reader, Type type)
    {
        if (!reader.End)
        {
            throw new MessageSerializationException(
                $"After the value {reader.Sequence.Length - reader.Consumed} more bytes follow.", TypeName.Of(type));
        }
    }
}
