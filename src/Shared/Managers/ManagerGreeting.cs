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
    private const int ServerFields = 7;

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
        int session = reader.ReadInt32();
        var origin = (MessageOrigin)reader.ReadInt32();
        if (MessageSerializer.Read<Connection?>(ref reader, MessageOrigin.OwnProcess) is { } faster)
        {
            faster.SendBytes([]); // it has arrived: now the socket may go
            connection.Dispose();
            connection = faster;
        }

        return new ServerGreeting(connection, name, processId, session, origin);
    }

    /// <summary>Answers a client's introduction.</summary>
    /// <returns>What the client says of itself, and the connection to go on with; null if it speaks another version, which it is told.</returns>
    /// <exception cref="InvalidDataException">It is no client.</exception>
    public static async Task<ClientGreeting?> AnswerAsync(Connection connection, bool isLocal, int session, MessageOrigin origin, TimeSpan patience)
    {
        using var stop = new CancellationTokenSource(patience);
        ClientGreeting? client = Read(await connection.ReceiveBytesAsync(cancellationToken: stop.Token).ConfigureAwait(false), connection, out bool takesMemory);
        (Connection Here, Connection There)? faster = client is not null && takesMemory && isLocal ? Pipe.Create() : null;
        await connection.SendBytesAsync(Answer(session, origin, faster?.There), stop.Token).ConfigureAwait(false);
        if (faster is not { } pipe)
        {
            return client;
        }

        // The client may be killed before it has taken its end; as long as it has not, only the socket tells.
        Task taken = pipe.Here.WaitReadyAsync(stop.Token);
        if (await Task.WhenAny(taken, connection.WaitReadyAsync(stop.Token)).ConfigureAwait(false) != taken && !pipe.Here.IsReady)
        {
            pipe.Here.Dispose();
            throw new ConnectionClosedException();
        }

        _ = await pipe.Here.ReceiveBytesAsync(cancellationToken: stop.Token).ConfigureAwait(false);
        connection.Dispose();
        return client! with { Connection = pipe.Here };
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

    private static byte[] Answer(int session, MessageOrigin origin, Connection? faster)
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
            writer.Write((int)origin);
            MessageSerializer.Write(ref writer, faster);
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
