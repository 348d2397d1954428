using System.Buffers;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>One client of the server: reads its requests, carries them out in order, and ends what it held when it is gone.</summary>
internal sealed partial class ManagerSession
{
    // Answers of so many bytes leave together, before the rest of a long frame of requests is carried out.
    private const int MaximumBatch = 1024 * 1024;

    // So many frames are carried out for a client before others get their turn.
    private const int FramesPerTurn = 8;

    // So long may a client that is to be told why its connection ends take to read that, on a machine that has no processor to spare;
    // and so long may those objects that it held take to end.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private ReadOnlyMemory<byte> _received;
    private ArrayBufferWriter<byte> _reply = new(1024);
    private Connection _connection;
    private readonly TransitTally _arrived = new();
    private Outbox _outbox;
    private string? _farewell;
    private bool _isCutOff;

    public ManagerSession(ManagerServer server, Connection connection, int number)
    {
        Server = server;
        Number = number;
        (_connection, _outbox) = (connection, OutboxOf(connection));
    }

    public ManagerServer Server { get; }

    public int Number { get; }

    public MessageOrigin Origin => Server.Origin;

    /// <summary>What the client calls itself.</summary>
    public string ClientName { get; private set; } = "(not introduced)";

    /// <summary>Its process, as it says.</summary>
    public int ClientProcessId { get; private set; }

    /// <summary>What it has sent to other processes, and they have not received yet.</summary>
    public TransitTally OnTheWay { get; } = new();

    /// <summary>Its calls that may block.</summary>
    public CallShare Calls { get; } = new();

    /// <summary>Whether so much is waiting for it that it should not be told what it can do without.</summary>
    public bool IsBehind => _outbox.Length > Server.Options.MaximumUnreadLength / 2;

    /// <summary>Completes when nothing is waiting for it, or it is gone.</summary>
    public Task WhenDrained() => _outbox.WhenDrained();

    /// <summary>How many calls have been carried out for it.</summary>
    public long CallCount { get; private set; }

    /// <summary>Serves the client until it leaves. Never throws.</summary>
    /// <param name="ownThread">Whether the calling thread may block for the client's next request; fastest.</param>
    public async Task RunAsync(bool ownThread)
    {
        string reason = "";
        try
        {
            ClientGreeting? client = await ManagerGreeting.AnswerAsync(_connection, Server, Number).ConfigureAwait(false);
            if (client is not null)
            {
                (ClientName, ClientProcessId) = (client.Name, client.ProcessId);
                CrashPoint.Reach("session.greeted");
                if (TalkOver(client.Connection) is { } farewell)
                {
                    reason = farewell;
                }
                else
                {
                    await (ownThread ? ServeOnThread() : ServeAsync()).ConfigureAwait(false);
                }
            }
        }
        catch (MessageTooLongException error)
        {
            reason = $"It was sent a request of {error.Length} bytes, and accepts {error.Limit} at most "
                + $"({nameof(ManagerOptions)}.{nameof(ManagerOptions.MaximumRequestLength)}).";
        }
        catch (Exception error) when (error is MessagePackSerializationException or EndOfStreamException or InvalidDataException or OverflowException)
        {
            reason = $"It was sent something that is no request: {error.Message}";
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It left, was cut off, or did not introduce itself in time.
        }
        catch (Exception error)
        {
            // Memory or threads have run out, say. A session that stayed would keep its client waiting for ever, and what that holds.
            reason = $"The server cannot go on with this client: {error.Message}";
        }

        await EndAsync(reason).ConfigureAwait(false);
    }

    /// <summary>
    /// Turns the client away, once it has said who it is: with that unread, the system would take back the reason when the
    /// connection is closed.
    /// </summary>
    public async Task RefuseAsync(string reason)
    {
        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            _ = await _connection.ReceiveBytesAsync(cancellationToken: patience.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ObjectDisposedException or OperationCanceledException)
        {
            // It left, says nothing, or is no client.
        }

        await EndAsync(reason).ConfigureAwait(false);
    }

    /// <summary>Tells the client why, if it still reads, and ends the connection; what it held ends with it.</summary>
    public async Task EndAsync(string reason)
    {
        Connection connection;
        Outbox outbox;
        lock (_holding)
        {
            _farewell ??= reason;
            (connection, outbox) = (_connection, _outbox);
        }

        if (reason.Length > 0)
        {
            Post(
                outbox, ManagerProtocol.Unasked, ReplyKind.Closing, reason, static (ref MessagePackWriter writer, string text) => writer.Write(text));
            await Task.WhenAny(outbox.WhenDrained(), Task.Delay(s_patience)).ConfigureAwait(false);
        }

        connection.Dispose();
        if (!LetGo())
        {
            // The client has left, and the thread that noticed may be in the middle of disposing of a registered object of its own. A
            // server that stops just then must not be told that this is over: its process ends next.
            await Task.WhenAny(_hasLetGo.Task, Task.Delay(s_patience)).ConfigureAwait(false);
        }
    }

    public void Reply<TState>(uint id, TState state, WriteBody<TState> write) => Post(_outbox, id, ReplyKind.Result, state, write);

    public void Item<TState>(uint id, TState state, WriteBody<TState> write) => Post(_outbox, id, ReplyKind.Item, state, write);

    public void Fail(uint id, Exception error) => Post(_outbox, id, ReplyKind.Failure, error, WriteFailure);

    private static void WriteFailure(ref MessagePackWriter writer, Exception error)
    {
        var (code, description) = error switch
        {
            CallFailedException failed => (failed.Code, failed),
            MessagePackSerializationException => (FailureCode.BadArguments, error),
            _ => (FailureCode.Remote, error),
        };
        writer.WriteArrayHeader(2);
        writer.Write((int)code);
        MessageSerializer.Write(ref writer, RemoteError.From(description), MessageOrigin.Foreign);
    }

    /// <summary>
    /// Goes on over another connection. Whoever ends the session closes the one that it is on then; so if that came before, when the
    /// client had left the socket and nobody knew of what it went on with, this one is still to be closed.
    /// </summary>
    /// <returns>Why the session has been ended, which the client has not heard; null if it goes on.</returns>
    private string? TalkOver(Connection connection)
    {
        lock (_holding)
        {
            (_connection, _outbox) = (connection, OutboxOf(connection));
            return _farewell;
        }
    }

    private Outbox OutboxOf(Connection connection) => new(connection, Server.Options.MaximumUnreadLength, _ => connection.Dispose());

    /// <summary>Carries out what has come. Never waits for the client; for one thread at a time.</summary>
    /// <param name="hasMore">Whether something is left that has come.</param>
    /// <returns>What is to be waited for before more is carried out: completed, as a rule.</returns>
    public Task ServeAtOnce(out bool hasMore)
    {
        hasMore = true;
        for (int frames = 0; frames < FramesPerTurn; frames++)
        {
            if (_received.IsEmpty)
            {
                byte[]? message = _connection.TryReceiveBytes(Server.Options.MaximumRequestLength);
                if (message is null)
                {
                    hasMore = false;
                    return Task.CompletedTask;
                }

                _received = message;
            }

            while (!_received.IsEmpty)
            {
                _received = _received[Handle(_received)..];
                if (_outbox.Length > Server.Options.MaximumUnreadLength / 8)
                {
                    return _outbox.WhenDrained(); // asks for more than it reads: nothing more is carried out for it meanwhile
                }
            }
        }

        return Task.CompletedTask;
    }

    private Task ServeOnThread() => _connection.InputRing is { } input && Server.FreestLoop is { } loop
        ? loop.ServeAsync(this, input)
        : Task.Factory.StartNew(Serve, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Serve()
    {
        while (true)
        {
            ReadOnlyMemory<byte> message = _connection.ReceiveBytes(Server.Options.MaximumRequestLength);
            while (!message.IsEmpty)
            {
                message = message[Handle(message)..];
                if (_outbox.Length > Server.Options.MaximumUnreadLength / 8)
                {
                    _outbox.WhenDrained().Wait(); // asks for more than it reads: nothing more is carried out for it meanwhile
                }
            }
        }
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            ReadOnlyMemory<byte> message = await _connection.ReceiveBytesAsync(Server.Options.MaximumRequestLength).ConfigureAwait(false);
            while (!message.IsEmpty)
            {
                message = message[Handle(message)..];
                await _outbox.WhenDrained().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Carries out the requests of one frame, and sends what can be answered at once as one frame.</summary>
    /// <returns>How many bytes of the requests are dealt with: all, unless their answers have become too long for one frame.</returns>
    private int Handle(ReadOnlyMemory<byte> message)
    {
        var reader = new MessagePackReader(message);
        _reply = _reply.Emptied();
        while (!reader.End && _reply.WrittenCount < MaximumBatch)
        {
            int elements = reader.ReadArrayHeader();
            if (elements != 4)
            {
                throw new InvalidDataException($"A request has four elements, not {elements}.");
            }

            uint id = reader.ReadUInt32();
            ulong number = reader.ReadUInt64();
            ReadOnlySpan<byte> name = ReadName(ref reader);
            MessagePackReader arguments = reader;
            if (reader.NextMessagePackType != MessagePackType.Array)
            {
                throw new InvalidDataException("A request's arguments are an array.");
            }

            ValueScanner.Skip(ref reader);
            Carry(id, number, name, message, arguments);
            CallCount++;
        }

        if (_reply.WrittenCount > 0)
        {
            _outbox.Post(_reply.WrittenSpan);
        }

        return (int)reader.Consumed;
    }

    private static ReadOnlySpan<byte> ReadName(ref MessagePackReader reader)
    {
        const int maximumLength = 128;
        return reader.TryReadStringSpan(out ReadOnlySpan<byte> name) && name.Length <= maximumLength
            ? name
            : throw new InvalidDataException($"A method's name is a text of {maximumLength} bytes at most.");
    }

    private void Carry(uint id, ulong number, ReadOnlySpan<byte> name, ReadOnlyMemory<byte> message, MessagePackReader arguments)
    {
        int start = _reply.WrittenCount;
        CallFrame call = default;
        bool hasFailed = true;
        try
        {
            var writer = new MessagePackWriter(_reply);
            writer.WriteArrayHeader(3);
            writer.Write(id);
            writer.Write((int)ReplyKind.Result);
            call = new CallFrame(this, id, message, arguments, writer);
            Span<char> method = stackalloc char[name.Length];
            method = method[..System.Text.Encoding.UTF8.GetChars(name, method)];
            if (number == ManagerProtocol.Server)
            {
                Invoke(method, ref call);
            }
            else
            {
                Server.Objects.Find(number).Invoke(method, ref call);
            }

            if (!call.HasResult)
            {
                call.WriteNil();
            }

            call.Flush();
            hasFailed = false;
            if (call.IsDeferred || id == ManagerProtocol.Unasked)
            {
                Truncate(start);
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Truncate(start);
            if (id != ManagerProtocol.Unasked)
            {
                Append(_reply, id, ReplyKind.Failure, error, WriteFailure);
            }
        }
        finally
        {
            call.End(hasFailed);
        }
    }

    /// <summary>Takes back what was written of a reply that is not to be sent now.</summary>
    private void Truncate(int length)
    {
        if (length == 0)
        {
            _reply.ResetWrittenCount();
            return;
        }

        byte[] kept = _reply.WrittenSpan[..length].ToArray();
        _reply.ResetWrittenCount();
        _reply.Write(kept);
    }

    private static void Post<TState>(Outbox outbox, uint id, ReplyKind kind, TState state, WriteBody<TState> write)
    {
        FrameWriter buffer = FrameWriter.Rent();
        try
        {
            Append(buffer, id, kind, state, write);
            outbox.Post(buffer.Message.Span);
        }
        finally
        {
            buffer.Return();
        }
    }

    private static void Append<TState>(IBufferWriter<byte> buffer, uint id, ReplyKind kind, TState state, WriteBody<TState> write)
    {
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(3);
        writer.Write(id);
        writer.Write((int)kind);
        write(ref writer, state);
        writer.Flush();
    }
}
