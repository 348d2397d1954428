using IpcDemos.Shared.Serialization;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Memory;

/// <summary>Writes something that is shared as a reference to it, between processes of one program and no others.</summary>
/// <typeparam name="T">What is shared.</typeparam>
internal abstract class SharedReferenceFormatter<T> : IMessagePackFormatter<T?>
    where T : class
{
    public void Serialize(ref MessagePackWriter writer, T? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        RequireOwnProcess(options);
        Write(ref writer, value);
    }

    public T? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        if (reader.TryReadNil())
        {
            return null;
        }

        RequireOwnProcess(options);
        return Read(ref reader);
    }

    protected abstract void Write(ref MessagePackWriter writer, T value);

    protected abstract T Read(ref MessagePackReader reader);

    private static void RequireOwnProcess(MessagePackSerializerOptions options)
    {
        if (options is not MessageOptions { Origin: MessageOrigin.OwnProcess })
        {
            throw new MessagePackSerializationException(
                $"A {typeof(T).Name} is shared by reference, which only a process of this program can be given or be believed. "
                + "Send a copy of its content instead.");
        }
    }
}
