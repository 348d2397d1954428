using IpcDemos.Shared.Serialization;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// Values that the server keeps one by one: always an array of them in the message, whereas an array of numbers may travel as one
/// block between other processes.
/// </summary>
[MessagePackFormatter(typeof(Elements<>.Formatter))]
internal readonly record struct Elements<T>(IReadOnlyCollection<T> Values)
{
    /// <summary>What was read.</summary>
    public IReadOnlyList<T> AsList() => (IReadOnlyList<T>)Values;

    internal sealed class Formatter : IMessagePackFormatter<Elements<T>>
    {
        public void Serialize(ref MessagePackWriter writer, Elements<T> value, MessagePackSerializerOptions options)
        {
            writer.WriteArrayHeader(value.Values.Count);
            foreach (T element in value.Values)
            {
                MessageSerializer.Write(ref writer, element, ((MessageOptions)options).Origin);
            }
        }

        public Elements<T> Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
        {
            int count = reader.ReadArrayHeader();
            var values = new List<T>(count);
            while (count-- > 0)
            {
                values.Add(MessageSerializer.Read<T>(ref reader, ((MessageOptions)options).Origin));
            }

            return new Elements<T>(values);
        }
    }
}
