using System.Buffers;
using IpcDemos.Shared.Serialization;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Channels;

/// <summary>Passes a key on to this program's own processes, and to nobody else.</summary>
internal sealed class AuthenticationKeyFormatter : IMessagePackFormatter<AuthenticationKey?>
{
    public void Serialize(ref MessagePackWriter writer, AuthenticationKey? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        if (((MessageOptions)options).Origin == MessageOrigin.Foreign)
        {
            throw new MessagePackSerializationException(
                "A key is never sent to a process that this program did not start. Both sides must have it beforehand.");
        }

        writer.Write(value.Bytes);
    }

    public AuthenticationKey? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) =>
        reader.ReadBytes() is { } bytes ? AuthenticationKey.FromBytes(bytes.ToArray()) : null;
}
