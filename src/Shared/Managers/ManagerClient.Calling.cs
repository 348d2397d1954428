using System.Buffers;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers.Hosting;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

// Requests on their way out. What several threads, or one that does not wait, have to say leaves together as one frame.
internal sealed partial class ManagerClient
{
    private readonly Lock _sending = new();
    private ArrayBufferWriter<byte> _filling = new(1024);
    private ArrayBufferWriter<byte> _leaving = new(1024);
    private bool _isSending;

    /// <summary>Begins a call.</summary>
    /// <param name="target">The object's number; 0 for the server itself.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="argumentCount">How many arguments there are.</param>
    /// <param name="state">What they are made of.</param>
    /// <param name="writeArguments">Writes them.</param>
    /// <param name="isAwaited">Whether the caller will go on without the answer, so that the request may wait for company.</param>
    /// <param name="onItem">Given each item of a call that goes on.</param>
    /// <exception cref="ManagerDisconnectedException">The server is gone.</exception>
    /// <exception cref="MessageSerializationException">An argument cannot travel; nothing was sent.</exception>
    public PendingCall Begin<TState>(
        ulong target,
        string method,
        int argumentCount,
        TState state,
        WriteBody<TState> writeArguments,
        bool isAwaited,
        Action<ReadOnlyMemory<byte>>? onItem = null)
    {
        Connection connection = _connection.Value;
        PendingCall call;
        lock (_lock)
        {
            if (_ended is not null)
            {
                throw new ManagerDisconnectedException(_ended.Message, _ended);
            }

            _lastCall = _lastCall == uint.MaxValue ? 1 : _lastCall + 1;
            call = new PendingCall(this, _lastCall) { OnItem = onItem };
            _pending.Add(call.Id, call);
        }

        try
        {
            Send(connection, call.Id, target, method, argumentCount, state, writeArguments, isAwaited);
            return call;
        }
        catch
        {
            lock (_lock)
            {
                _ = _pending.Remove(call.Id);
            }

            throw;
        }
    }

    /// <summary>Tells the server something that it does not answer. Lost if it is gone, as is then what it was about.</summary>
    public void Post(string command, ulong first, int? second = null)
    {
        if (!_connection.IsValueCreated || _ended is not null)
        {
            return;
        }

        try
        {
            Send(
                _connection.Value,
                ManagerProtocol.Unasked,
                ManagerProtocol.Server,
                command,
                second is null ? 1 : 2,
                (first, second),
                static (ref MessagePackWriter writer, (ulong First, int? Second) arguments) =>
                {
                    writer.Write(arguments.First);
                    if (arguments.Second is { } argument)
                    {
                        writer.Write(argument);
                    }
                },
                isAwaited: true);
        }
        catch (ManagerDisconnectedException)
        {
            // What was to be given back went with the connection.
        }
    }

    private void Send<TState>(
        Connection connection,
        uint id,
        ulong target,
        string method,
        int argumentCount,
        TState state,
        WriteBody<TState> writeArguments,
        bool isAwaited)
    {
        FrameWriter buffer = FrameWriter.Rent();
        try
        {
            using (Enter(this))
            {
                var writer = new MessagePackWriter(buffer);
                writer.WriteArrayHeader(4);
                writer.Write(id);
                writer.Write(target);
                writer.Write(method);
                writer.WriteArrayHeader(argumentCount);
                writeArguments(ref writer, state);
                writer.Flush();
            }

            Send(connection, buffer.Message.Span, isAwaited);
        }
        finally
        {
            buffer.Return();
        }
    }

    private void Send(Connection connection, ReadOnlySpan<byte> request, bool isAwaited)
    {
        lock (_sending)
        {
            if (_isSending || isAwaited)
            {
                _filling.Write(request);
                if (_isSending)
                {
                    return;
                }

                // Whoever does not wait for the answer has more to say, as a rule: it leaves from another thread, and what comes
                // in the meantime leaves with it.
                _isSending = true;
                _ = ThreadPool.UnsafeQueueUserWorkItem(static client => client.SendFilled(client._connection.Value), this, preferLocal: false);
                return;
            }

            _isSending = true;
        }

        try
        {
            connection.SendBytes(request);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            Break(error);
        }

        SendFilled(connection);
    }

    private void SendFilled(Connection connection)
    {
        while (true)
        {
            lock (_sending)
            {
                _leaving.ResetWrittenCount();
                if (_filling.WrittenCount == 0)
                {
                    _isSending = false;
                    return;
                }

                (_filling, _leaving) = (_leaving, _filling);
            }

            try
            {
                connection.SendBytes(_leaving.WrittenSpan);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                Break(error);
            }
        }
    }
}
