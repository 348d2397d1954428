using IpcDemos.Shared.Serialization;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Managers;

/// <summary>Names and values on their way into a namespace, each written as the type that it is.</summary>
[MessagePackFormatter(typeof(Formatter))]
internal readonly record struct NamespaceValues(IReadOnlyCollection<KeyValuePair<string, object?>> Values)
{
    internal sealed class Formatter : IMessagePackFormatter<NamespaceValues>
    {
        public void Serialize(ref MessagePackWriter writer, NamespaceValues value, MessagePackSerializerOptions options)
        {
            writer.WriteMapHeader(value.Values.Count);
            foreach (var (name, each) in value.Values)
            {
                writer.Write(name);
                MessageSerializer.Write(ref writer, each?.GetType() ?? typeof(object), each, ((MessageOptions)options).Origin);
            }
        }

        public NamespaceValues Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) =>
            throw new NotSupportedException("Values of a namespace are read one by one, each as its reader says.");
    }
}
