using System.Buffers;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using MessagePack;

namespace IpcDemos.Shared.Serialization;

/// <summary>Names the place in a message that could not be read, by walking the message once more up to the fault.</summary>
internal static class ReadPath
{
    private const int MaximumSegments = 12;

    /// <param name="root">The declared type of the whole.</param>
    /// <param name="reader">A reader at the start of the value.</param>
    /// <param name="fault">Where reading stopped.</param>
    /// <param name="steps">What was noted, innermost first.</param>
    public static string Of(Type root, MessagePackReader reader, long fault, List<FailureStep> steps)
    {
        var path = new StringBuilder(TypeName.Of(root));
        fault = StartOfFault(reader, fault, steps);
        try
        {
            for (int segments = 0; TryEnter(ref reader, fault, steps, out string segment); segments++)
            {
                if (segments == MaximumSegments)
                {
                    path.Append('…');
                    break;
                }

                path.Append(segment);
            }
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException or OverflowException)
        {
            // The message is broken at this very place; the way so far is the way there.
        }

        return path.ToString();
    }

    /// <summary>
    /// A value that is refused after it was taken in (text that is no Guid) leaves the reader behind itself; the formatter noted its start.
    /// </summary>
    private static long StartOfFault(MessagePackReader reader, long fault, List<FailureStep> steps)
    {
        if (steps.Count == 0 || steps[0].Offset >= fault)
        {
            return fault;
        }

        reader = At(reader, steps[0].Offset);
        return reader.End || reader.NextMessagePackType is MessagePackType.Array or MessagePackType.Map ? fault : steps[0].Offset;
    }

    /// <summary>Moves into the element of the container at the reader that holds the fault.</summary>
    private static bool TryEnter(ref MessagePackReader reader, long fault, List<FailureStep> steps, out string segment)
    {
        segment = "";
        long start = reader.Consumed;
        if (reader.End || start >= fault)
        {
            return false;
        }

        bool isMap = reader.NextMessagePackType == MessagePackType.Map;
        if (!isMap && reader.NextMessagePackType != MessagePackType.Array)
        {
            return false;
        }

        Type? type = steps.FindLast(step => step.Offset == start).Type;
        int count;
        if (isMap ? !reader.TryReadMapHeader(out count) : !reader.TryReadArrayHeader(out count))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            segment = isMap ? KeySegment(ref reader, type, i) : IndexSegment(type, i);
            if (reader.Consumed >= fault || Contains(reader, fault))
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    private static bool Contains(MessagePackReader element, long fault)
    {
        try
        {
            element.Skip();
            return fault < element.Consumed;
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException or OverflowException)
        {
            return true;
        }
    }

    private static string KeySegment(ref MessagePackReader reader, Type? type, int index)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.String:
                string key = Encoding.UTF8.GetString((reader.ReadStringSequence() ?? default).ToArray());
                return type is null || typeof(System.Collections.IEnumerable).IsAssignableFrom(type) || type == typeof(object) ? $"[{key}]" : "." + key;
            case MessagePackType.Integer:
                return reader.NextCode == MessagePackCode.UInt64
                    ? string.Create(CultureInfo.InvariantCulture, $"[{reader.ReadUInt64()}]")
                    : string.Create(CultureInfo.InvariantCulture, $"[{reader.ReadInt64()}]");
            default:
                reader.Skip();
                return $"[#{index}]";
        }
    }

    private static string IndexSegment(Type? type, int index)
    {
        if (type is not null && typeof(ITuple).IsAssignableFrom(type))
        {
            return $".Item{index + 1}";
        }

        MemberInfo? keyed = type?.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .FirstOrDefault(member => member.GetCustomAttribute<KeyAttribute>()?.IntKey == index);
        return keyed is null ? $"[{index}]" : "." + keyed.Name;
    }

    private static MessagePackReader At(MessagePackReader reader, long offset) =>
        new(reader.Sequence.Slice(reader.Sequence.GetPosition(offset)));
}
