using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>
/// Threads for methods that may block: as many as do at a time, up to a limit, each kept a while for the next call. What blocks
/// here takes nothing away from the thread pool, on which all else of the server runs.
/// </summary>
internal sealed class CallThreads
{
    private const int Maximum = 1_000;
    private static readonly TimeSpan s_kept = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly List<Worker> _idle = [];
    private readonly Queue<Action> _waiting = [];
    private int _count;

    /// <summary>Runs the call, which must not throw, on a thread of its own; if there is none for it, when one is free.</summary>
    /// <exception cref="CallFailedException">The system gives no thread, and there is none here. The call will not run.</exception>
    public void Run(Action call)
    {
        lock (_lock)
        {
            if (TryGive(call))
            {
                return;
            }

            // Under the lock, so that none counts here that has not started: a call must not wait for one that never comes.
            if (_count == Maximum || !TryStart(call))
            {
                _waiting.Enqueue(call);
            }
        }
    }

    /// <summary>False if the system gives no thread, but there are others, which look for more when they are done.</summary>
    private bool TryStart(Action call)
    {
        try
        {
            CrashPoint.Reach("calls.thread");
            new Thread(() => Work(call)) { IsBackground = true, Name = "Manager call" }.Start();
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

    private bool TryGive(Action call)
    {
        if (_idle.Count == 0)
        {
            return false;
        }

        Worker worker = _idle[^1]; // the one that was busy last: its stack is still in the cache, and the others may end
        _idle.RemoveAt(_idle.Count - 1);
        worker.Give(call);
        return true;
    }

    private void Work(Action call)
    {
        using var worker = new Worker();
        for (Action? next = call; next is not null; next = Next(worker))
        {
            next();
        }
    }

    /// <summary>The worker's next call; null if there was none for so long that the thread may end.</summary>
    private Action? Next(Worker worker)
    {
        lock (_lock)
        {
            if (_waiting.TryDequeue(out Action? call))
            {
                return call;
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

    private sealed class Worker : IDisposable
    {
        private readonly SemaphoreSlim _given = new(0);
        private Action? _call;

        public void Give(Action call)
        {
            _call = call;
            _ = _given.Release();
        }

        public Action? TryTake(TimeSpan patience) => _given.Wait(patience) ? _call : null;

        public void Dispose() => _given.Dispose();
    }
}
