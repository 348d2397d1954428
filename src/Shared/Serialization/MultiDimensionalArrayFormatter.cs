using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Serialization;

/// <summary>Arrays of two and more dimensions: the length of each, then all elements as one array, the last index running fastest.</summary>
internal sealed class MultiDimensionalArrayFormatter<TArray, T> : IMessagePackFormatter<TArray?>
    where TArray : class
{
    private static readonly int s_rank = typeof(TArray).GetArrayRank();

    public void Serialize(ref MessagePackWriter writer, TArray? value, MessagePackSerializerOptions options)
    {
        if (value is not Array array)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteArrayHeader(s_rank + 1);
        for (int dimension = 0; dimension < s_rank; dimension++)
        {
            if (array.GetLowerBound(dimension) != 0)
            {
                throw new MessageSerializationException("An array whose indexes do not begin at 0 would lose where they begin.");
            }

            writer.Write(array.GetLength(dimension));
        }

        MessageResolver.Formatter<T[]>().Serialize(ref writer, Elements(array).ToArray(), options);
    }

    public TArray? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        if (reader.TryReadNil())
        {
            return null;
        }

        int count = reader.ReadArrayHeader();
        if (count != s_rank + 1)
        {
            throw new MessageSerializationException($"{TypeName.Of(typeof(TArray))} takes {s_rank} lengths and the elements, not {count} values.");
        }

        options.Security.DepthStep(ref reader);
        int[] lengths = new int[s_rank];
        foreach (ref int length in lengths.AsSpan())
        {
            length = reader.ReadInt32();
        }

        T[] elements = MessageResolver.Formatter<T[]>().Deserialize(ref reader, options) ?? [];
        reader.Depth--;

        // The elements are here, so the lengths are believed only if they say the same. An empty array may claim no lengths that the
        // runtime has no room to count, either.
        UInt128 claimed = lengths.Aggregate((UInt128)1, static (product, length) => product > int.MaxValue ? product : product * (uint)Math.Max(length, 1));
        if (Array.Exists(lengths, static length => length < 0) || claimed > (uint)Array.MaxLength
            || (lengths.Contains(0) ? 0 : (int)claimed) != elements.Length)
        {
            throw new MessageSerializationException($"{elements.Length} elements do not fill an array of {string.Join(" × ", lengths)}.");
        }

        var array = Array.CreateInstance(typeof(T), lengths);
        elements.CopyTo(Elements(array));
        return (TArray)(object)array;
    }

    private static Span<T> Elements(Array array) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array)), array.Length);
}
