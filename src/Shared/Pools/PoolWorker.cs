using System.Diagnostics;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Pools;

/// <summary>
/// The pool's side of one worker: its process, its connection, and the tasks it holds. One thread of ours lives as long as the
/// worker and reads its answers. Except for sending, everything is guarded by the scheduler's lock.
/// </summary>
internal sealed partial class PoolWorker : IDisposable
{
    // What is on its way to a worker always fits in its pipe, so that sending small tasks ahead never waits for the worker.
    private const int MaximumBytesAhead = 32 * 1024;
    private const int MaximumDepth = 64;

    // Tasks are sent ahead of their turn as far as they keep the worker busy for so long, while its answers travel.
    private static readonly double s_ahead = Stopwatch.Frequency * 0.0005;

    private readonly PoolScheduler _scheduler;
    private readonly WorkerProcess _process;
    private readonly Connection _connection;
    private readonly Connection _cancellations;
    private readonly Connection _itsTasks;
    private readonly Connection _itsCancellations;
    private readonly SharedValue<long> _word;
    private readonly StartGate _gate;
    private readonly Queue<PoolTask> _tasks = new();
    private readonly PoolOutbox _outbox;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _created = Stopwatch.GetTimestamp();
    private readonly long _taskLimit;
    private bool _isGateClosed;
    private int _bytesAhead;
    private long _assigned;
    private double _averageTicks;
    private long _since;
    private long _dismissed;

    public PoolWorker(PoolScheduler scheduler, ProcessPoolOptions options)
    {
        _scheduler = scheduler;
        _taskLimit = options.TasksPerWorker ?? long.MaxValue;
        try
        {
            _word = new SharedValue<long>();
            _gate = new StartGate(_word);
            (_connection, _itsTasks) = Pipe.Create();
            _outbox = new PoolOutbox(_connection);
            (_itsCancellations, _cancellations) = Pipe.Create(duplex: false);
            _process = new WorkerProcess(
                PoolWorkerLoop.Run,
                _itsTasks,
                _itsCancellations,
                _word,
                options.Initializer,
                options.MaximumMemory ?? long.MaxValue,
                scheduler.Memory.Shared)
            {
                IsDaemon = true,
                RunsManyCalls = true,
            };
            _process.Name = _process.Name.Replace("Process", "PoolWorker", StringComparison.Ordinal);
            StartThread();
        }
        catch
        {
            Dispose(); // shared memory has no finalizer
            throw;
        }
    }

    public string Name => _process.Name;

    public int ProcessId => _process.ProcessId ?? 0;

    /// <summary>Completes when the process is gone and all it held has been dealt with.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Whether the initializer has run.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Whether it gets no further tasks: it is to end, has ended, or was sent as many as it may. Those can be taken back.</summary>
    public bool IsRetiring => WasDismissed || _dismissed != 0 || _assigned >= _taskLimit;

    /// <summary>Whether it was to end, so that its end is no failure.</summary>
    public bool WasDismissed { get; private set; }

    /// <summary>What it was running when it ended.</summary>
    public IReadOnlyList<PoolTask> Lost { get; set; } = [];

    public bool IsIdle => IsReady && !IsRetiring && _tasks.Count == 0;

    /// <summary>The task that is running, or about to; null if it holds none.</summary>
    public PoolTask? Oldest => _tasks.TryPeek(out PoolTask? task) ? task : null;

    /// <summary>How many tasks it holds.</summary>
    public int TaskCount => _tasks.Count;

    /// <summary>The tasks it holds, oldest first.</summary>
    public IReadOnlyCollection<PoolTask> Tasks => _tasks;

    /// <summary>How often it was told of for taking long to start.</summary>
    public int Reports { get; set; }

    public WorkerMeter Meter { get; } = new();

    /// <summary>For how long it has been starting, has been idle, or has been at its oldest task.</summary>
    public TimeSpan SinceLastChange => Stopwatch.GetElapsedTime(_since == 0 ? _created : _since);

    /// <summary>What it threw before it was ready.</summary>
    public RemoteException? InitializerError { get; private set; }

    /// <summary>Whether the task may be sent although others wait there before it.</summary>
    public bool CanTakeAhead(PoolTask task, int share)
    {
        if (!IsReady || IsRetiring || _isGateClosed || _averageTicks == 0)
        {
            return false;
        }

        int depth = (int)Math.Min(Math.Min(MaximumDepth, share), s_ahead / _averageTicks);
        int length = task.Message.Length;
        return _tasks.Count < depth && length <= PoolOutbox.SmallMessage && _bytesAhead + length <= MaximumBytesAhead;
    }

    /// <summary>Gives it the task; <see cref="Flush"/> then sends it.</summary>
    public void Assign(PoolTask task)
    {
        if (_isGateClosed)
        {
            _outbox.Add([]); // tells where in the pipe the tasks that were taken back end
        }

        _outbox.Add(task.Message);
        if (_tasks.Count == 0)
        {
            long now = Stopwatch.GetTimestamp();
            Meter.Waiting += now - _since;
            _since = now;
        }

        task.Worker = this;
        _tasks.Enqueue(task);
        _bytesAhead += task.Message.Length;
        _assigned++;
    }

    /// <summary>
    /// Takes back all tasks that it has not started. From then on it has at most one at a time until it has answered that: only
    /// then is it certain that it has seen the mark behind those that were taken back. One that was to end when it has no task, and
    /// now has none, ends: no answer will come at which it could.
    /// </summary>
    public List<PoolTask> TakeBack()
    {
        if (_isGateClosed)
        {
            return [];
        }

        _isGateClosed = true;
        long running = _gate.Close() - Meter.Answered;
        List<PoolTask> unstarted = [.. _tasks.Skip((int)running)];
        PoolTask[] started = [.. _tasks.Take((int)running)];
        _tasks.Clear();
        Array.ForEach(started, _tasks.Enqueue);
        _bytesAhead = started.Sum(task => task.Message.Length);
        _assigned -= unstarted.Count;
        if (_tasks.Count == 0 && unstarted.Count > 0)
        {
            _since = Stopwatch.GetTimestamp();
            CloseIfDone();
        }

        return unstarted;
    }

    /// <summary>
    /// After <see cref="TakeBack"/>: whether the worker is at this task, or is about to be. If it is not, it has answered, although
    /// nobody has read that yet, and runs another one by now.
    /// </summary>
    public bool IsAt(PoolTask task) => _tasks.Count > 0 && _tasks.Last() == task;

    /// <summary>Takes the oldest task off: it was answered.</summary>
    public PoolTask Answer(long microseconds)
    {
        PoolTask task = _tasks.Dequeue();
        _bytesAhead -= task.Message.Length;
        task.Worker = null;
        double ticks = Math.Max(1, microseconds * (Stopwatch.Frequency / 1e6));
        _averageTicks = _averageTicks == 0 ? ticks : (_averageTicks * 0.75) + (ticks * 0.25);
        Meter.Add(microseconds);
        _since = Stopwatch.GetTimestamp();

        // An answer to a task that was sent with the gate closed came from behind the mark: the worker has reopened it.
        _isGateClosed = _isGateClosed && _gate.IsClosed;
        return task;
    }

    /// <summary>Empties what a worker that is gone held: what it had started, and what it had not.</summary>
    public (List<PoolTask> Started, List<PoolTask> Unstarted) Abandon()
    {
        // For good: if only the connection has ended, and not the process, that must not start what is given to others now.
        int running = (int)(_gate.End() - Meter.Answered);
        (List<PoolTask>, List<PoolTask>) held = ([.. _tasks.Take(running)], [.. _tasks.Skip(running)]);
        NoteDismissal();
        _tasks.Clear();
        return held;
    }

    public void BecomeReady(long microseconds)
    {
        IsReady = true;
        _since = Stopwatch.GetTimestamp();
        Meter.Initializing = TimeSpan.FromMicroseconds(microseconds);
        Meter.StartingUp = Stopwatch.GetElapsedTime(_created, _since) - Meter.Initializing;
    }

    /// <summary>Lets it end once it has answered what it holds.</summary>
    public void Retire()
    {
        WasDismissed = true;
        CloseIfDone();
    }

    private void CloseIfDone()
    {
        if (WasDismissed && _tasks.Count == 0)
        {
            NoteDismissal();
            _connection.Dispose(); // the end of the stream is the worker's signal to end
            WakeReader();
        }
    }
}
