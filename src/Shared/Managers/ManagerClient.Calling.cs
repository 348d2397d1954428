using System.Buffers;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers.Hosting;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

// Requests on their way out. What several threads, or one that does not wait, have to say leaves together as one frame.
internal sealed partial class ManagerClient
{
    // As long as a frame of many requests may become: well below what servers accept, and far above where length is of use.
    private const int MaximumBatch = 1024 * 1024;
    private const int InitialBatch = 1024;

    private readonly object _sending = new();
    private readonly Queue<ArrayBufferWriter<byte>> _full = [];
    private ArrayBufferWriter<byte> _filling = new(InitialBatch);
    private ArrayBufferWriter<byte> _leaving = new(InitialBatch);
    private ArrayBufferWriter<byte>? _spare;
    private long _batch;
    private long _sentBatches;
    private int _blocked;
    private bool _isSending;
    private bool _isHandedOver;

    /// <summary>Begins a call.</summary>
    /// <param name="target">The object's number; 0 for the server itself.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="argumentCount">How many arguments there are.</param>
    /// <param name="state">What they are made of.</param>
    /// <param name="writeArguments">Writes them.</param>
    /// <param name="isAwaited">
    /// Whether the caller will go on without the answer, so that the request may wait for company. Blocks only while more than
    /// two frames' worth of requests has not left yet: the server does not keep up.
    /// </param>
    /// <param name="user">What refers to the object; kept alive until the answer has come.</param>
    /// <param name="onItem">Given each item of a call that goes on.</param>
    /// <exception cref="ManagerDisconnectedException">The server is gone.</exception>
    /// <exception cref="MessageSerializationException">An argument cannot travel; nothing was sent.</exception>
    /// <exception cref="ArgumentException">The request is longer than the server accepts; nothing was sent.</exception>
    public PendingCall Begin<TState>(
        ulong target,
        string method,
        int argumentCount,
        TState state,
        WriteBody<TState> writeArguments,
        bool isAwaited,
        object? user = null,
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
            call = new PendingCall(this, _lastCall, user) { OnItem = onItem };
            _pending.Add(call.Id, call);
        }

        try
        {
            Send(connection, call.Id, target, method, argumentCount, state, writeArguments, isAwaited ? Departure.Soon : Departure.Now);
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

    /// <summary>Tells the server, sometime, something that it does not answer. Lost if it is gone, as is then what it was about.</summary>
    public void Post(string command, ulong argument) => Post(ManagerProtocol.Server, command, Departure.Sometime, argument);

    /// <summary>Tells an object.</summary>
    /// <inheritdoc cref="Post(string, ulong)"/>
    public void Post(ulong target, string method, params ReadOnlySpan<ulong> arguments) =>
        Post(target, method, Departure.Sometime, arguments);

    private void Post(ulong target, string method, Departure departure, params ReadOnlySpan<ulong> arguments)
    {
        if (!_connection.IsValueCreated || _ended is not null)
        {
            return;
        }

        Send(
            _connection.Value,
            ManagerProtocol.Unasked,
            target,
            method,
            arguments.Length,
            (Count: arguments.Length, First: arguments.Length > 0 ? arguments[0] : 0, Second: arguments.Length > 1 ? arguments[1] : 0),
            static (ref MessagePackWriter writer, (int Count, ulong First, ulong Second) state) =>
            {
                for (int index = 0; index < state.Count; index++)
                {
                    writer.Write(index == 0 ? state.First : state.Second);
                }
            },
            departure);
    }

    private void Send<TState>(
        Connection connection,
        uint id,
        ulong target,
        string method,
        int argumentCount,
        TState state,
        WriteBody<TState> writeArguments,
        Departure departure)
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

            if (buffer.Message.Length > MaximumRequestLength)
            {
                throw TooLong(method, buffer.Message.Length);
            }

            Send(connection, buffer.Message.Span, departure);
        }
        finally
        {
            buffer.Return();
        }
    }

    private void Send(Connection connection, ReadOnlySpan<byte> request, Departure departure)
    {
        bool isAlone;
        lock (_sending)
        {
            while (departure != Departure.Sometime && _full.Count > 0 && !_isHandedOver && _ended is null)
            {
                AwaitProgress();
            }

            isAlone = !_isSending && departure != Departure.Sometime && departure != Departure.Soon;
            if (!isAlone && !MustSend(request, departure))
            {
                return;
            }

            (_isSending, _isHandedOver) = (true, false);
        }

        try
        {
            if (isAlone)
            {
                SendFrame(connection, request);
            }

            SendFilled(connection);
        }
        catch (Exception error)
        {
            StopSending(error);
            throw;
        }
    }

    /// <summary>Lets the request leave with others. True if the caller is to send them all; else another thread does, or has.</summary>
    private bool MustSend(ReadOnlySpan<byte> request, Departure departure)
    {
        if (_filling.WrittenCount > 0 && _filling.WrittenCount + (long)request.Length > Math.Min(MaximumBatch, MaximumRequestLength))
        {
            _full.Enqueue(_filling);
            (_filling, _spare) = (_spare ?? new ArrayBufferWriter<byte>(InitialBatch), null);
            _batch++;
        }

        _filling.Write(request);
        if (!_isSending)
        {
            // Whoever does not wait for the answer has more to say, as a rule: it leaves from another thread, and what comes
            // in the meantime leaves with it.
            (_isSending, _isHandedOver) = (true, true);
            _ = ThreadPool.UnsafeQueueUserWorkItem(static client => client.SendHandedOver(), this, preferLocal: false);
            return false;
        }

        if (_isHandedOver)
        {
            // That thread has not come yet, and may not for long when all of the pool's wait here.
            return departure == Departure.Now || departure == Departure.Flushed || (departure == Departure.Soon && _full.Count > 0);
        }

        long batch = _batch;
        while (departure == Departure.Flushed && _sentBatches <= batch && _ended is null)
        {
            AwaitProgress();
        }

        return false;
    }

    private void AwaitProgress()
    {
        _blocked++;
        _ = Monitor.Wait(_sending);
        _blocked--;
    }

    private void SendHandedOver()
    {
        lock (_sending)
        {
            if (!_isHandedOver)
            {
                return;
            }

            _isHandedOver = false;
        }

        try
        {
            SendFilled(_connection.Value);
        }
        catch (Exception error)
        {
            // Whoever can be told waits for an answer; thrown on a thread of the pool it would end the process.
            StopSending(error);
        }
    }

    /// <summary>
    /// The thread that sends for all cannot go on: it was interrupted, say, or is out of memory. A frame that has left in part, or is
    /// lost, cannot be mended; so the connection ends, and with it the calls that wait. Otherwise they would do so for ever.
    /// </summary>
    private void StopSending(Exception error)
    {
        try
        {
            // Before another thread can send: to the server, its request would be the rest of the frame that has left in part.
            Break(error);
        }
        finally
        {
            lock (_sending)
            {
                _isSending = false;
            }
        }
    }

    private void SendFilled(Connection connection)
    {
        while (true)
        {
            lock (_sending)
            {
                if (!TakeBatch())
                {
                    _isSending = false;
                    return;
                }
            }

            SendFrame(connection, _leaving.WrittenSpan);
            lock (_sending)
            {
                _sentBatches++;
                if (_blocked > 0)
                {
                    Monitor.PulseAll(_sending);
                }
            }
        }
    }

    private bool TakeBatch()
    {
        _leaving = _leaving.Emptied();
        if (_full.TryDequeue(out ArrayBufferWriter<byte>? full))
        {
            (_leaving, _spare) = (full, _leaving);
            return true;
        }

        if (_filling.WrittenCount == 0)
        {
            return false;
        }

        (_filling, _leaving) = (_leaving, _filling);
        _batch++;
        return true;
    }

    private void SendFrame(Connection connection, ReadOnlySpan<byte> frame)
    {
        try
        {
            CrashPoint.Reach("client.sending");
            connection.SendBytes(frame);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            ReadFarewell();
            Break(error);
        }
    }

    private ArgumentException TooLong(string method, int length) => new(
        $"The call '{method}' takes {length} bytes with its arguments, and the manager at '{Address}' accepts {MaximumRequestLength} at most. "
        + $"Send them in several calls, or start the manager with a higher {nameof(ManagerOptions)}.{nameof(ManagerOptions.MaximumRequestLength)}.",
        paramName: null);

    /// <summary>When a request leaves.</summary>
    private enum Departure
    {
        /// <summary>By itself if possible: the caller waits for the answer, and has nothing else to say.</summary>
        Now,

        /// <summary>With what follows, from another thread. The caller waits only while too much has not left.</summary>
        Soon,

        /// <summary>As <see cref="Soon"/>, but the caller never waits: it may be the finalizer.</summary>
        Sometime,

        /// <summary>Before the caller goes on.</summary>
        Flushed,
    }
}
