using IpcDemos.Shared.Serialization;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Channels;

/// <summary>Moves a connection to the process that reads the message.</summary>
internal sealed class ConnectionFormatter : IMessagePackFormatter<Connection?>
{
    public void Serialize(ref MessagePackWriter writer, Connection? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        if (((MessageOptions)options).Origin == MessageOrigin.Foreign)
        {
            throw new MessagePackSerializationException(
                "A connection can only be passed to a process that this one, or one of its workers, has started.");
        }

        writer.WriteArrayHeader(2);
        writer.Write((int)value.Origin);
        value.MoveTo(ref writer);
    }

    public Connection? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        if (reader.TryReadNil())
        {
            return null;
        }

        if (((MessageOptions)options).Origin == MessageOrigin.Foreign)
        {
            throw new MessagePackSerializationException("A connection is not accepted from a process that this one did not start.");
        }

        _ = reader.ReadArrayHeader();
        var origin = (MessageOrigin)reader.ReadInt32();
        return new Connection(StreamTransport.TakeFrom(ref reader), origin);
    }
}
