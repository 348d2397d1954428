using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Serialization;

/// <summary>
/// Sequences of unmanaged values: copied as one block between processes of our own, one by one as a plain array to anybody else. Both
/// forms can be read from anybody.
/// </summary>
internal sealed unsafe class BlockFormatter<T> :
    IMessagePackFormatter<T[]?>,
    IMessagePackFormatter<List<T>?>,
    IMessagePackFormatter<Memory<T>>,
    IMessagePackFormatter<ReadOnlyMemory<T>>,
    IMessagePackFormatter<ArraySegment<T>>
    where T : unmanaged
{
    private static readonly byte s_kind = BlockLayout.KindOf(typeof(T));

    // The kind byte, and for a structure its size.
    private static readonly int s_prefixLength = s_kind == BlockLayout.Structure ? 1 + sizeof(int) : 1;

    void IMessagePackFormatter<T[]?>.Serialize(ref MessagePackWriter writer, T[]? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        Write(ref writer, value, options);
    }

    T[]? IMessagePackFormatter<T[]?>.Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) =>
        reader.TryReadNil() ? null : Read(ref reader, options);

    void IMessagePackFormatter<List<T>?>.Serialize(ref MessagePackWriter writer, List<T>? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        Write(ref writer, CollectionsMarshal.AsSpan(value), options);
    }

    List<T>? IMessagePackFormatter<List<T>?>.Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) =>
        reader.TryReadNil() ? null : [.. Read(ref reader, options)];

    void IMessagePackFormatter<Memory<T>>.Serialize(ref MessagePackWriter writer, Memory<T> value, MessagePackSerializerOptions options) =>
        Write(ref writer, value.Span, options);

    Memory<T> IMessagePackFormatter<Memory<T>>.Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) =>
        Read(ref reader, options);

    void IMessagePackFormatter<ReadOnlyMemory<T>>.Serialize(
        ref MessagePackWriter writer, ReadOnlyMemory<T> value, MessagePackSerializerOptions options) => Write(ref writer, value.Span, options);

    ReadOnlyMemory<T> IMessagePackFormatter<ReadOnlyMemory<T>>.Deserialize(
        ref MessagePackReader reader, MessagePackSerializerOptions options) => Read(ref reader, options);

    void IMessagePackFormatter<ArraySegment<T>>.Serialize(
        ref MessagePackWriter writer, ArraySegment<T> value, MessagePackSerializerOptions options) => Write(ref writer, value, options);

    ArraySegment<T> IMessagePackFormatter<ArraySegment<T>>.Deserialize(
        ref MessagePackReader reader, MessagePackSerializerOptions options) => Read(ref reader, options);

    private static void Write(ref MessagePackWriter writer, ReadOnlySpan<T> values, MessagePackSerializerOptions options)
    {
        if (((MessageOptions)options).Origin == MessageOrigin.Foreign)
        {
            writer.WriteArrayHeader(values.Length);
            foreach (T value in values)
            {
                MessageResolver.Formatter<T>().Serialize(ref writer, value, options);
            }

            return;
        }

        long length = (long)values.Length * sizeof(T);
        if (length > uint.MaxValue - s_prefixLength)
        {
            throw new MessageSerializationException($"{length} bytes do not fit into one block of at most 4 GiB; send the array in parts.");
        }

        writer.WriteExtensionFormatHeader(new ExtensionHeader(ExtensionCode.Block, (uint)(s_prefixLength + length)));
        Span<byte> prefix = writer.GetSpan(s_prefixLength);
        prefix[0] = s_kind;
        if (s_kind == BlockLayout.Structure)
        {
            BinaryPrimitives.WriteInt32LittleEndian(prefix[1..], sizeof(T));
        }

        writer.Advance(s_prefixLength);

        // A span of bytes ends at 2 GiB; a block does not.
        fixed (T* first = values)
        {
            for (long offset = 0; offset < length;)
            {
                int chunk = (int)Math.Min(length - offset, 1 << 30);
                writer.WriteRaw(new ReadOnlySpan<byte>((byte*)first + offset, chunk));
                offset += chunk;
            }
        }
    }

    private static T[] Read(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        if (reader.NextMessagePackType == MessagePackType.Array)
        {
            return ReadElements(ref reader, options);
        }

        ExtensionHeader header = reader.ReadExtensionFormatHeader();
        if (header.TypeCode != ExtensionCode.Block)
        {
            throw new MessageSerializationException(
                $"Extension type {header.TypeCode} is no array of {TypeName.Of(typeof(T))}; expected an array, or extension type {ExtensionCode.Block}.");
        }

        return ReadBlock(reader.ReadRaw(header.Length), (MessageOptions)options);
    }

    /// <summary>Reads the payload of an extension of type <see cref="ExtensionCode.Block"/>.</summary>
    public static T[] ReadBlock(in ReadOnlySequence<byte> payload, MessageOptions options)
    {
        CheckPrefix(payload, options);
        ReadOnlySequence<byte> bytes = payload.Slice(s_prefixLength);
        if (bytes.Length % sizeof(T) != 0)
        {
            throw new MessageSerializationException(
                $"{bytes.Length} bytes are no whole number of {TypeName.Of(typeof(T))}, which take {sizeof(T)} each.");
        }

        T[] values = GC.AllocateUninitializedArray<T>(checked((int)(bytes.Length / sizeof(T))));
        fixed (T* first = values)
        {
            long offset = 0;
            foreach (ReadOnlyMemory<byte> segment in bytes)
            {
                segment.Span.CopyTo(new Span<byte>((byte*)first + offset, segment.Length));
                offset += segment.Length;
            }

            // A bool that is neither 0 nor 1 makes comparisons in compiled code contradict each other.
            if (typeof(T) == typeof(bool) && new ReadOnlySpan<byte>(first, values.Length).ContainsAnyExcept((byte)0, (byte)1))
            {
                throw new MessageSerializationException("A bool is 0 or 1; the block holds other bytes.");
            }
        }

        return values;
    }

    private static void CheckPrefix(in ReadOnlySequence<byte> payload, MessageOptions options)
    {
        if (payload.Length < s_prefixLength)
        {
            throw new MessageSerializationException($"A block of {TypeName.Of(typeof(T))} begins with {s_prefixLength} bytes that say so.");
        }

        Span<byte> prefix = stackalloc byte[s_prefixLength];
        payload.Slice(0, s_prefixLength).CopyTo(prefix);
        if (prefix[0] != s_kind)
        {
            throw new MessageSerializationException(
                $"The block holds elements of kind {prefix[0]}, but {TypeName.Of(typeof(T))} is kind {s_kind}.");
        }

        if (s_kind != BlockLayout.Structure)
        {
            return;
        }

        if (options.Origin == MessageOrigin.Foreign)
        {
            throw new MessageSerializationException(
                $"How {TypeName.Of(typeof(T))} lies in memory is no business of a foreign process; it must send a plain array.");
        }

        int size = BinaryPrimitives.ReadInt32LittleEndian(prefix[1..]);
        if (size != sizeof(T))
        {
            throw new MessageSerializationException($"The elements take {size} bytes each, but {TypeName.Of(typeof(T))} takes {sizeof(T)}.");
        }
    }

    private static T[] ReadElements(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        int count = reader.ReadArrayHeader();
        options.Security.DepthStep(ref reader);
        var values = new T[count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = MessageResolver.Formatter<T>().Deserialize(ref reader, options);
        }

        reader.Depth--;
        return values;
    }
}
