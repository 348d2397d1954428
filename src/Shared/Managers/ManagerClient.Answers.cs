using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Managers;

// Answers on their way in. One thread reads at a time, for all: a blocked caller if there is one, so that the answer to a lone
// call reaches its thread without a detour; in the background as long as somebody awaits.
internal sealed partial class ManagerClient
{
    // Whoever reads comes to the end of what was sent as soon as a processor is free; this is for what should not happen.
    private const int FarewellMilliseconds = 10_000;

    private const int SliceMilliseconds = 1000;

    private readonly object _turn = new();
    private readonly List<(PendingCall Call, ReplyKind Kind, Range Answer)> _answered = []; // of whoever reads
    private bool _isReading;
    private int _awaited;
    private string? _farewell;

    /// <summary>Blocks until the call is done; reads what comes meanwhile, unless another thread does.</summary>
    public void Wait(PendingCall call)
    {
        lock (_turn)
        {
            while (_isReading && !call.IsDone)
            {
                if (!call.MayEndHere)
                {
                    _ = Monitor.Wait(_turn);
                }
                else
                {
                    _ = Monitor.Wait(_turn, Slice(call));
                    call.EndIfOverdue();
                }
            }

            if (call.IsDone)
            {
                return;
            }

            _isReading = true;
        }

        try
        {
            while (!call.IsDone)
            {
                if (!call.MayEndHere)
                {
                    Take(_connection.Value.ReceiveBytes());
                }
                else
                {
                    TakeInTime(call);
                }
            }
        }
        catch (Exception error)
        {
            Break(error);

            // A thread that sends may have found the end first, and taken this call along to end it: it has closed the connection, and
            // may not have come to the call yet. Without a reason the call would pass for carried out.
            call.Fail(_ended!);
        }

        EndTurn();
    }

    /// <summary>Takes what comes within a moment, then sees whether the call is overdue: a stopped server would never end the wait.</summary>
    private void TakeInTime(PendingCall call)
    {
        var slice = TimeSpan.FromMilliseconds(Slice(call));
        try
        {
            if (_connection.Value.Poll(slice))
            {
                Take(_connection.Value.ReceiveBytes(timeout: slice));
            }
        }
        catch (TimeoutException)
        {
            // Half an answer; the rest is read with the next ones.
        }

        call.EndIfOverdue();
    }

    // That the call was cancelled meanwhile is noticed after a slice at the latest.
    private static int Slice(PendingCall call) => (int)Math.Clamp(call.MillisecondsLeft, 1, SliceMilliseconds);

    /// <summary>A call is awaited from now on: sees to it that answers are read although nobody blocks for one.</summary>
    public void BeginAwaiting()
    {
        // Either this finds that somebody reads, who then counts this call before leaving, or it sees to that itself: both sides
        // store first, pass a full fence, and look then.
        _ = Interlocked.Increment(ref _awaited);
        if (!Volatile.Read(ref _isReading))
        {
            ReadInBackground();
        }
    }

    /// <summary>An awaited call is done.</summary>
    public void EndAwaiting() => _ = Interlocked.Decrement(ref _awaited);

    /// <summary>
    /// Reads what has come, unless another thread reads: that the server has ended the connection, and why, is otherwise only
    /// noticed by who waits for an answer.
    /// </summary>
    /// <returns>False if another thread reads.</returns>
    private bool TryReadWhatHasCome()
    {
        lock (_turn)
        {
            if (_isReading)
            {
                return false;
            }

            _isReading = true;
        }

        try
        {
            while (_connection.Value.Poll())
            {
                Take(_connection.Value.ReceiveBytes(timeout: TimeSpan.Zero));
            }
        }
        catch (TimeoutException)
        {
            // Half an answer: the server lives.
        }
        catch (Exception error)
        {
            Break(error);
        }

        EndTurn();
        return true;
    }

    /// <summary>The server does not take requests any more. It may have said why; whoever reads comes to that soon.</summary>
    private void ReadFarewell()
    {
        long start = Environment.TickCount64;

        // Who reads just now may leave with the answer that it waits for, in front of the farewell, which is then for this thread to read.
        while (!TryReadWhatHasCome() && _ended is null && Environment.TickCount64 - start < FarewellMilliseconds)
        {
            lock (_turn)
            {
                while (_isReading && _ended is null && Environment.TickCount64 - start < FarewellMilliseconds)
                {
                    _ = Monitor.Wait(_turn, FarewellMilliseconds);
                }
            }
        }
    }

    private void ReadInBackground()
    {
        lock (_turn)
        {
            if (_isReading)
            {
                return;
            }

            _isReading = true;
        }

        _ = Task.Run(ReadAsync);
    }

    private async Task ReadAsync()
    {
        try
        {
            while (IsAnyAwaited())
            {
                Take(await _connection.Value.ReceiveBytesAsync().ConfigureAwait(false));
            }
        }
        catch (Exception error)
        {
            Break(error);
        }

        EndTurn();
    }

    private void EndTurn()
    {
        lock (_turn)
        {
            _isReading = false;
            Monitor.PulseAll(_turn);
        }

        // One that began to be awaited while this thread was on its way out found somebody reading.
        Interlocked.MemoryBarrier();
        if (IsAnyAwaited())
        {
            ReadInBackground();
        }
    }

    private bool IsAnyAwaited() => Volatile.Read(ref _awaited) > 0;

    /// <summary>Hands out the answers of one frame.</summary>
    private void Take(ReadOnlyMemory<byte> message)
    {
        try
        {
            FindAnswered(message);
        }
        finally
        {
            // Also when the frame was damaged further on: these are not pending any more, and nobody else would end them.
            foreach (var (call, kind, answer) in _answered)
            {
                HandOut(call, kind, message[answer]);
            }

            _answered.Clear();
        }

        lock (_turn)
        {
            Monitor.PulseAll(_turn);
        }
    }

    /// <summary>Finds the calls that a frame answers, all at once: those who begin calls want the same lock.</summary>
    private void FindAnswered(ReadOnlyMemory<byte> message)
    {
        var reader = new MessagePackReader(message);
        lock (_lock)
        {
            while (!reader.End)
            {
                _ = reader.ReadArrayHeader();
                uint id = reader.ReadUInt32();
                var kind = (ReplyKind)reader.ReadInt32();
                int start = (int)reader.Consumed;
                Hosting.ValueScanner.Skip(ref reader);
                if (kind == ReplyKind.Closing)
                {
                    _farewell = new MessagePackReader(message[start..]).ReadString();
                }
                else if (kind == ReplyKind.Item ? _pending.TryGetValue(id, out PendingCall? call) : _pending.Remove(id, out call))
                {
                    _answered.Add((call, kind, start..(int)reader.Consumed));
                }
            }
        }
    }

    private static void HandOut(PendingCall call, ReplyKind kind, ReadOnlyMemory<byte> answer)
    {
        if (kind == ReplyKind.Item)
        {
            call.OnItem?.Invoke(answer);
        }
        else
        {
            call.Complete(kind, answer);
        }
    }

    /// <summary>The connection is gone: says why, as far as that is known.</summary>
    private void Break(Exception error) => End(new ManagerDisconnectedException(
        _farewell is { } farewell ? $"The manager at '{Address}' has ended the connection. {farewell}"
            : $"The manager at '{Address}' (process {ServerProcessId}) is gone: it was killed, or has crashed, or cannot be reached any more.",
        error));

    private void End(ManagerDisconnectedException reason)
    {
        PendingCall[] lost;
        lock (_lock)
        {
            _ended ??= reason;
            lost = [.. _pending.Values];
            _pending.Clear();
        }

        if (_connection.IsValueCreated)
        {
            _connection.Value.Dispose();
        }

        CrashPoint.Reach("client.closed");
        foreach (PendingCall call in lost)
        {
            call.Fail(reason);
        }

        lock (_turn)
        {
            Monitor.PulseAll(_turn);
        }

        lock (_sending)
        {
            Monitor.PulseAll(_sending);
        }
    }
}
