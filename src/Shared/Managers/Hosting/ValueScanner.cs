using MessagePack;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>
/// Walks over MessagePack values without reading them: to check, before anything is done, that a request is whole, and to find
/// the references in a value that is to be kept. Does not recurse, so that no depth of nesting can hurt.
/// </summary>
internal static class ValueScanner
{
    /// <summary>Moves the reader behind one value.</summary>
    /// <exception cref="EndOfStreamException">The value is cut off, or claims more elements than there can be.</exception>
    /// <exception cref="MessagePackSerializationException">A byte means nothing in MessagePack.</exception>
    public static void Skip(ref MessagePackReader reader)
    {
        for (long left = 1; left > 0; left--)
        {
            left += SkipOne(ref reader);
        }
    }

    /// <summary>The numbers of the objects that a value refers to; null if to none, as nearly always.</summary>
    public static List<ulong>? References(ReadOnlyMemory<byte> value)
    {
        // One vectorized look for the two bytes that every reference begins with spares most values the walk.
        if (value.Span.IndexOf([MessagePackCode.FixExt8, (byte)ManagerProtocol.ReferenceCode]) < 0)
        {
            return null;
        }

        List<ulong>? found = null;
        var reader = new MessagePackReader(value);
        for (long left = 1; left > 0; left--)
        {
            if (reader.NextMessagePackType != MessagePackType.Extension)
            {
                left += SkipOne(ref reader);
                continue;
            }

            if (ManagerReference.TryRead(ref reader, out ulong number))
            {
                (found ??= []).Add(number);
            }
        }

        return found;
    }

    /// <summary>Moves behind a scalar, or behind the head of a collection, and tells how many elements that has.</summary>
    private static long SkipOne(ref MessagePackReader reader)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Array:
                return reader.ReadArrayHeader();
            case MessagePackType.Map:
                return 2L * reader.ReadMapHeader();
            default:
                reader.Skip();
                return 0;
        }
    }
}
