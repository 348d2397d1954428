using System.Buffers;
using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>
/// What is on its way to one client. Nobody who has something for a client ever waits for it: what the system's buffer has no
/// room for is kept here and follows, as far as the limit, and a client that does not even read then is given up.
/// </summary>
/// <remarks>Messages that queue up behind one another leave together, as one frame.</remarks>
internal sealed class Outbox(Connection connection, int limit, Action<Exception> failed)
{
    private readonly Lock _lock = new();
    private ArrayBufferWriter<byte> _filling = new(1024);
    private ArrayBufferWriter<byte> _leaving = new(1024);
    private bool _isSending;
    private bool _hasFailed;
    private TaskCompletionSource? _drained;

    /// <summary>How many bytes wait here.</summary>
    public int Length
    {
        get
        {
            lock (_lock)
            {
                return _filling.WrittenCount;
            }
        }
    }

    /// <summary>Sends the message, or keeps it for later. Never blocks.</summary>
    public void Post(ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            if (_hasFailed)
            {
                return;
            }

            if (_filling.WrittenCount > limit)
            {
                Fail(new IOException($"The client did not read what it asked for: {_filling.WrittenCount} bytes were waiting for it."));
                return;
            }

            if (!_isSending && TrySendAtOnce(message))
            {
                return;
            }

            _filling.Write(message);
            if (_isSending)
            {
                return;
            }

            _isSending = true;
        }

        _ = SendAsync();
    }

    /// <summary>Completes when nothing is waiting here any more, be it because the client is gone.</summary>
    public Task WhenDrained()
    {
        lock (_lock)
        {
            return _isSending && !_hasFailed ? (_drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }
    }

    /// <summary>Sends what nothing waits in front of, if there is room: as nearly always. Else the usual way is gone, which says why.</summary>
    private bool TrySendAtOnce(ReadOnlySpan<byte> message)
    {
        try
        {
            return connection.TrySendBytes(message);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            // Gone, closed, or in use: the end of the greeting may just be leaving.
            return false;
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (TakeNext())
            {
                await connection.SendBytesAsync(_leaving.WrittenMemory).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            lock (_lock)
            {
                Fail(error);
            }
        }
    }

    private bool TakeNext()
    {
        TaskCompletionSource? drained = null;
        lock (_lock)
        {
            _leaving = _leaving.Emptied();
            if (_filling.WrittenCount > 0)
            {
                (_filling, _leaving) = (_leaving, _filling);
                return true;
            }

            _isSending = false;
            drained = _drained;
            _drained = null;
        }

        drained?.SetResult();
        return false;
    }

    private void Fail(Exception error)
    {
        _hasFailed = true;
        _drained?.TrySetResult();
        _drained = null;
        _ = ThreadPool.UnsafeQueueUserWorkItem(_ => failed(error), null);
    }
}
