using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>
/// Threads for methods that may block: as many as do at a time, up to a limit, each kept a while for the next call. What blocks
/// here takes nothing away from the thread pool, on which all else of the server runs.
/// </summary>
/// <remarks>
/// No client can take all: a few threads are assured to each, beyond the limit if need be, and threads that are free again go to the
/// clients whose calls wait by turns. One beyond the limit is for the client that it was started for, and ends with that one's calls.
/// </remarks>
internal sealed class CallThreads
{
    private const int Maximum = 1_000;
    private const int Assured = 4;
    private static readonly TimeSpan s_kept = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly List<Worker> _idle = []; // none while a call waits
    private readonly List<CallShare> _waiting = []; // each that has calls waiting, whose turn is next first
    private int _count;

    /// <summary>Runs the call, which must not throw, on a thread of its own; if there is none for it, when one is free.</summary>
    /// <exception cref="CallFailedException">The system gives no thread, and there is none here. The call will not run.</exception>
    public void Run(CallShare client, Action call)
    {
        lock (_lock)
        {
            // Under the lock, so that none counts here that has not started: a call must not wait for one that never comes.
            if (client.Waiting.Count == 0
                && (TryGive(client, call) || ((_count < Maximum || client.Running < Assured) && TryStart(client, call))))
            {
                client.Running++;
                return;
            }

            client.Waiting.Enqueue(call);
            if (client.Waiting.Count == 1)
            {
                _waiting.Add(client);
            }
        }
    }

    /// <summary>False if the system gives no thread, but there are others, which look for more when they are done.</summary>
    private bool TryStart(CallShare client, Action call)
    {
        try
        {
            CrashPoint.Reach("calls.thread");
            new Thread(() => Work(client, call)) { IsBackground = true, Name = "Manager call" }.Start();
            _count++;
            return true;
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            return _count > 0
                ? false
                : throw new CallFailedException(
                    FailureCode.InvalidOperation, $"The server's process cannot start a thread for the call: {error.Message}");
        }
    }

    private bool TryGive(CallShare client, Action call)
    {
        if (_idle.Count == 0)
        {
            return false;
        }

        Worker worker = _idle[^1]; // the one that was busy last: its stack is still in the cache, and the others may end
        _idle.RemoveAt(_idle.Count - 1);
        worker.Give(client, call);
        return true;
    }

    private void Work(CallShare client, Action call)
    {
        using var worker = new Worker();
        for ((CallShare Client, Action Run)? next = (client, call); next is { } current; next = Next(worker, current.Client))
        {
            current.Run();
        }
    }

    /// <summary>The worker's next call; null if the thread is to end: there was none for so long, or it is one too many.</summary>
    private (CallShare Client, Action Run)? Next(Worker worker, CallShare last)
    {
        lock (_lock)
        {
            last.Running--;
            CallShare? client = last.Running < Assured && last.Waiting.Count > 0 ? last : _count <= Maximum ? _waiting.FirstOrDefault() : null;
            if (client is not null)
            {
                return Take(client);
            }

            if (_count > Maximum)
            {
                _count--;
                return null;
            }

            _idle.Add(worker);
        }

        if (worker.TryTake(s_kept) is { } given)
        {
            return given;
        }

        lock (_lock)
        {
            // Not there any more: somebody has just chosen it, and the call is given already.
            if (!_idle.Remove(worker))
            {
                return worker.TryTake(TimeSpan.Zero);
            }

            _count--;
            return null;
        }
    }

    /// <summary>Takes the first of the client's calls that wait; those behind it wait for the client's next turn.</summary>
    private (CallShare Client, Action Run) Take(CallShare client)
    {
        Action call = client.Waiting.Dequeue();
        client.Running++;
        _ = _waiting.Remove(client);
        if (client.Waiting.Count > 0)
        {
            _waiting.Add(client);
        }

        return (client, call);
    }

    private sealed class Worker : IDisposable
    {
        private readonly SemaphoreSlim _given = new(0);
        private (CallShare Client, Action Run) _call;

        public void Give(CallShare client, Action call)
        {
            _call = (client, call);
            _ = _given.Release();
        }

        public (CallShare Client, Action Run)? TryTake(TimeSpan patience) => _given.Wait(patience) ? _call : null;

        public void Dispose() => _given.Dispose();
    }
}
