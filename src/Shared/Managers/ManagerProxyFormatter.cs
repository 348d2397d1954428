using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Serialization;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// Writes a proxy. To the object's own server it is just the object's number. To another process of this program it is all that
/// is needed to use it: the server's address and key, the object's number, and the ticket that keeps it alive on the way.
/// </summary>
internal class ManagerProxyFormatter<T> : IMessagePackFormatter<T?>
    where T : ManagerProxy, ISharedProxy<T>
{
    public void Serialize(ref MessagePackWriter writer, T? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
        }
        else if (ManagerClient.Current == value.Client)
        {
            ManagerReference.Write(ref writer, value.Number);
        }
        else if (((MessageOptions)options).Origin == MessageOrigin.Foreign)
        {
            throw new MessagePackSerializationException(
                "A proxy carries its manager's key, and is refused to a process that this program did not start. "
                + "Publish the object under a name, which that process can open.");
        }
        else
        {
            writer.WriteArrayHeader(4);
            MessageSerializer.Write(ref writer, value.Client.Address);
            MessageSerializer.Write(ref writer, value.Client.Key);
            writer.Write(value.Number);
            writer.Write(value.Client.Offer(value.Reference));
            GC.KeepAlive(value); // it must not be given back before it has been offered
        }
    }

    public T? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        if (reader.TryReadNil())
        {
            return null;
        }

        if (reader.NextMessagePackType == MessagePackType.Extension)
        {
            return ReadOwn(ref reader);
        }

        if (((MessageOptions)options).Origin == MessageOrigin.Foreign)
        {
            throw new MessagePackSerializationException("A proxy is not accepted from a process that this program did not start.");
        }

        _ = reader.ReadArrayHeader();
        var address = MessageSerializer.Read<ConnectionAddress>(ref reader, MessageOrigin.OwnProcess);
        var key = MessageSerializer.Read<AuthenticationKey>(ref reader, MessageOrigin.OwnProcess);
        ulong number = reader.ReadUInt64();
        ulong ticket = reader.ReadUInt64();
        var client = ManagerClient.For(address, key);
        client.TakeUp(number, ticket);
        return T.From(new SharedReference(client, number));
    }

    private static T ReadOwn(ref MessagePackReader reader)
    {
        if (!ManagerReference.TryRead(ref reader, out ulong number) || ManagerClient.Current is not { } client)
        {
            throw new MessagePackSerializationException("A reference to a shared object was expected, in an answer of its server.");
        }

        return T.From(new SharedReference(client.Share(), number));
    }
}
