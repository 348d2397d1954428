using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Channels;

/// <summary>An address travels as its text.</summary>
internal sealed class ConnectionAddressFormatter : IMessagePackFormatter<ConnectionAddress?>
{
    public void Serialize(ref MessagePackWriter writer, ConnectionAddress? value, MessagePackSerializerOptions options) =>
        writer.Write(value?.ToString());

    public ConnectionAddress? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        if (reader.ReadString() is not { } text)
        {
            return null;
        }

        try
        {
            return ConnectionAddress.Parse(text);
        }
        catch (Exception error) when (error is FormatException or PlatformNotSupportedException)
        {
            throw new MessagePackSerializationException(error.Message, error);
        }
    }
}
