using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// How a client and a server begin: each says what it is and what it speaks. On one machine they then leave the socket for a pipe
/// in shared memory, which needs no system call per message.
/// </summary>
internal static class ManagerGreeting
{
    private const int ClientFields = 5;
    private const int ServerFields = 8;

    /// <summary>Introduces this process to a server.</summary>
    /// <returns>What the server says of itself, and the connection to go on with.</returns>
    /// <exception cref="ManagerDisconnectedException">It is no server, speaks another version, or does not serve this process.</exception>
    public static ServerGreeting Greet(Connection connection, ConnectionAddress address)
    {
        FrameWriter buffer = FrameWriter.Rent();
        try
        {
            var writer = new MessagePackWriter(buffer);
            writer.WriteArrayHeader(ClientFields);
            writer.Write(ManagerProtocol.Name);
            writer.Write(ManagerProtocol.Version);
            writer.Write(ProcessTree.Current.Name);
            writer.Write(Environment.ProcessId);
            writer.Write(!address.IsNetwork);
            writer.Flush();
            connection.SendBytes(buffer.Message.Span);
        }
        finally
        {
            buffer.Return();
        }

        var reader = new MessagePackReader(connection.ReceiveBytes(timeout: new ConnectionOptions().HandshakeTimeout));
        if (reader.ReadArrayHeader() < ServerFields)
        {
            _ = reader.ReadUInt32();
            _ = reader.ReadInt32();
            throw new ManagerDisconnectedException($"The manager at '{address}' does not serve this process. {reader.ReadString()}");
        }

        if (reader.ReadString() != ManagerProtocol.Name)
        {
            throw new ManagerDisconnectedException($"What listens at '{address}' is no manager.");
        }

        if (reader.ReadInt32() is var version && version != ManagerProtocol.Version)
        {
            throw new ManagerDisconnectedException(
                $"The manager at '{address}' speaks version {version} of the protocol, this process version {ManagerProtocol.Version}. "
                + "Use the same version of the library on both sides.");
        }

        string name = reader.ReadString() ?? "";
        int processId = reader.ReadInt32();
        _ = reader.ReadInt32(); // which session this is, for people
        var origin = (MessageOrigin)reader.ReadInt32();
        Connection? faster = ReadPipe(ref reader, address);
        int maximumRequestLength = reader.ReadInt32();
        if (faster is not null)
        {
            faster.SendBytes([]); // it has arrived: now the socket may go
            connection.Dispose();
            connection = faster;
        }

        // Over the network only this program's own word counts: who answers there may claim to be one of its processes, and would
        // then choose which types its answers are read as.
        return new ServerGreeting(connection, name, processId, address.IsNetwork ? MessageOrigin.Foreign : origin, maximumRequestLength);
    }

    /// <summary>Answers a client's introduction.</summary>
    /// <returns>What the client says of itself, and the connection to go on with; null if it speaks another version, which it is told.</returns>
    /// <exception cref="InvalidDataException">It is no client.</exception>
    public static async Task<ClientGreeting?> AnswerAsync(Connection connection, ManagerServer server, int session)
    {
        using var stop = new CancellationTokenSource(server.Options.HandshakeTimeout);
        ClientGreeting? client = Read(await connection.ReceiveBytesAsync(cancellationToken: stop.Token).ConfigureAwait(false), connection, out bool takesMemory);
        (Connection Here, Connection There)? faster = client is not null && takesMemory && !server.Address.IsNetwork ? Pipe.Create() : null;
        if (faster is not { } pipe)
        {
            await connection.SendBytesAsync(Answer(server, session, null), stop.Token).ConfigureAwait(false);
            return client;
        }

        try
        {
            await connection.SendBytesAsync(Answer(server, session, pipe.There), stop.Token).ConfigureAwait(false);

            // The client may be killed before it has taken its end; as long as it has not, only the socket tells.
            Task taken = pipe.Here.WaitReadyAsync(stop.Token);
            if (await Task.WhenAny(taken, connection.WaitReadyAsync(stop.Token)).ConfigureAwait(false) != taken && !pipe.Here.IsReady)
            {
                throw new ConnectionClosedException();
            }

            _ = await pipe.Here.ReceiveBytesAsync(cancellationToken: stop.Token).ConfigureAwait(false);
        }
        catch
        {
            pipe.Here.Dispose();
            throw;
        }

        connection.Dispose();
        return client! with { Connection = pipe.Here };
    }

    private static Connection? ReadPipe(ref MessagePackReader reader, ConnectionAddress address)
    {
        if (!address.IsNetwork)
        {
            return MessageSerializer.Read<Connection?>(ref reader, MessageOrigin.OwnProcess);
        }

        return reader.TryReadNil()
            ? null
            : throw new ManagerDisconnectedException(
                $"The manager at '{address}' offers memory to share, as only one on the same machine can: it is not to be trusted.");
    }

    private static ClientGreeting? Read(byte[] greeting, Connection connection, out bool takesMemory)
    {
        var reader = new MessagePackReader(greeting);
        int fields = reader.ReadArrayHeader();
        if (fields < 2 || reader.ReadString() != ManagerProtocol.Name)
        {
            throw new InvalidDataException("It did not introduce itself as a manager's client.");
        }

        takesMemory = false;
        if (reader.ReadInt32() != ManagerProtocol.Version)
        {
            return null;
        }

        string name = fields > 2 ? reader.ReadString() ?? "" : "";
        int processId = fields > 3 ? reader.ReadInt32() : 0;
        takesMemory = fields > 4 && reader.ReadBoolean();
        return new ClientGreeting(connection, name, processId);
    }

    private static byte[] Answer(ManagerServer server, int session, Connection? faster)
    {
        FrameWriter buffer = FrameWriter.Rent();
        try
        {
            using HandleTransfer.OfferScope offers = HandleTransfer.BeginOffers();
            var writer = new MessagePackWriter(buffer);
            writer.WriteArrayHeader(ServerFields);
            writer.Write(ManagerProtocol.Name);
            writer.Write(ManagerProtocol.Version);
            writer.Write(ProcessTree.Current.Name);
            writer.Write(Environment.ProcessId);
            writer.Write(session);
            writer.Write((int)server.Origin);
            MessageSerializer.Write(ref writer, faster);
            writer.Write(server.Options.MaximumRequestLength);
            writer.Flush();
            _ = HandleTransfer.KeepOffers();
            return buffer.Message.ToArray();
        }
        finally
        {
            buffer.Return();
        }
    }
}
