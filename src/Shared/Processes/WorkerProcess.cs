using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Processes;

/// <summary>
/// A call of one of this program's own methods in a process of its own. The counterpart of <c>multiprocessing.Process</c>.
/// </summary>
/// <remarks>
/// <para>
/// Construct it with a static method, local function or lambda and its arguments, then <see cref="Start"/> it. Arguments and
/// captured variables travel by value; what is shared (connections, shared memory, locks, queues) travels as a reference. Nothing
/// of the program's own start-up runs in the worker.
/// </para>
/// <para>
/// A worker never outlives its creator: when that ends, however it does, the worker ends within a second. A creator that ends
/// normally first waits for its workers, except daemons, which it stops.
/// </para>
/// <para>Members may be called from any thread.</para>
/// </remarks>
[StaysHere("start one there, or pass on what this one is to be told through, such as a queue")]
public sealed partial class WorkerProcess : IWaitable, IDisposable, IAsyncDisposable
{
    /// <summary>How long processes that were asked to end are given before they are killed.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly Delegate _call;
    private readonly object?[] _arguments;
    private readonly string _identity;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _name;
    private bool _isDaemon;
    private WorkerRun? _run;
    private bool _isDisposed;

    /// <summary>Describes a worker; nothing starts yet.</summary>
    /// <param name="call">
    /// What it runs: a static method, local function or lambda of a compiled assembly, synchronous or not. A parameter of type
    /// <see cref="CancellationToken"/> that is given no argument gets <see cref="StopRequested"/>.
    /// </param>
    /// <param name="arguments">
    /// The arguments; those that the method has default values for may be left out. <see cref="Create{T1}(Action{T1}, T1)"/> and
    /// its siblings have the compiler check them.
    /// </param>
    /// <exception cref="ArgumentException">The arguments do not fit the method, or it cannot be called in another process.</exception>
    public WorkerProcess(Delegate call, params object?[] arguments)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(arguments);
        CallBinder.ThrowUnlessCallable(call, arguments);
        _call = call;
        _arguments = arguments;
        _identity = ProcessTree.NextIdentity();
        _name = "Process-" + _identity;
        _isDaemon = ProcessTree.Current.IsDaemon;
    }

    /// <summary>This process: <c>MainProcess</c>, or the worker that it is.</summary>
    public static ProcessInfo Current => ProcessTree.Current;

    /// <summary>The process that created this one; <see langword="null"/> in the root.</summary>
    public static ProcessInfo? Parent => ProcessTree.Parent;

    /// <summary>The workers that this process has started and that have not ended.</summary>
    public static IReadOnlyList<WorkerProcess> ActiveChildren => ProcessTree.ActiveChildren;

    /// <summary>
    /// Text for people, need not be unique; <c>Process-N</c> unless set, and <c>Process-N:M</c> for workers of workers.
    /// </summary>
    /// <exception cref="InvalidOperationException">Set after the start.</exception>
    public string Name
    {
        get => _name;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            ThrowIfStarted(nameof(Name));
            _name = value;
        }
    }

    /// <summary>
    /// Whether the worker is stopped, not waited for, when its creator ends. As its creator is unless set. Daemons may have workers
    /// of their own.
    /// </summary>
    /// <exception cref="InvalidOperationException">Set after the start.</exception>
    public bool IsDaemon
    {
        get => _isDaemon;
        set
        {
            ThrowIfStarted(nameof(IsDaemon));
            _isDaemon = value;
        }
    }

    /// <summary>
    /// Whether <see cref="Kill"/> ends the programs that its call has started as well, and on Windows the sudden end of this process
    /// too; <see langword="true"/> unless set. A worker's own workers end with it in any case.
    /// </summary>
    public bool KillsDescendants { get; init; } = true;

    /// <summary>Where its standard output goes; to this process's own unless set.</summary>
    public WorkerOutput StandardOutput { get; init; } = WorkerOutput.Inherit;

    /// <summary>Where its standard error goes; to this process's own unless set.</summary>
    public WorkerOutput StandardError { get; init; } = WorkerOutput.Inherit;

    /// <summary>What it reads on standard input, as text in UTF-8; nothing (the end at once) unless set.</summary>
    public CliWrap.PipeSource? StandardInput { get; init; }

    /// <summary>The system's id of the process; <see langword="null"/> before the start.</summary>
    public int? ProcessId => _run?.ProcessId;

    /// <summary>
    /// How it ended; <see langword="null"/> before that. 0; the code given to <see cref="Environment.Exit"/>; 1 after an unhandled
    /// exception; −N if signal N ended it (on Windows −15 after <see cref="Terminate"/>, −9 after <see cref="Kill"/>).
    /// </summary>
    public int? ExitCode => _run?.ExitCode;

    /// <summary>What the call threw; <see langword="null"/> if it did not, or has not ended.</summary>
    public RemoteError? Error => _run?.Error;

    /// <summary>Whether it has been started and has not ended.</summary>
    public bool IsAlive => _run is not null && !_ended.Task.IsCompleted;

    /// <summary>Completes when the process has ended and all its output has been delivered. Never fails.</summary>
    /// <exception cref="InvalidOperationException">It has not been started.</exception>
    public Task Sentinel => _run is null ? throw NotStarted() : _ended.Task;

    /// <summary>Whether what it is at changes, and is shown to those who list processes.</summary>
    internal bool RunsManyCalls { get; init; }

    /// <summary>What it wrote last on standard error; empty if nothing.</summary>
    internal string LastErrorLines => _run?.LastErrorLines ?? "";

    /// <summary>That it could not be spoken to, and was killed for that; null if it could.</summary>
    internal IOException? Failure => _run?.Failure;

    /// <summary>Whether the process has ended.</summary>
    bool IWaitable.IsReady => _ended.Task.IsCompleted;

    /// <summary>Starts the process. Returns when it is launched, not when it runs: about a millisecond.</summary>
    /// <remarks>Arguments and captured variables are serialized here, on the caller's thread.</remarks>
    /// <exception cref="InvalidOperationException">It has been started before.</exception>
    /// <exception cref="Serialization.MessageSerializationException">An argument or captured variable cannot travel.</exception>
    /// <exception cref="FileNotFoundException">There is no worker executable.</exception>
    /// <exception cref="IOException">The system refuses to start it: too many open files, no more processes.</exception>
    /// <exception cref="ObjectDisposedException">It has been disposed.</exception>
    public void Start()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_run is not null)
            {
                throw new InvalidOperationException($"{Name} has been started before; a process can be started once. Create another one.");
            }

            _run = WorkerRun.Start(this, _identity, _call, _arguments);
            ProcessTree.Add(this);
        }

        _ = CompleteAsync(_run);
    }

    /// <summary>Blocks until the process has ended and its output has been delivered.</summary>
    /// <param name="timeout">How long; <see langword="null"/> or <see cref="Timeout.InfiniteTimeSpan"/>: for ever; zero or less only looks.</param>
    /// <param name="cancellationToken">Ends the wait, not the process.</param>
    /// <returns>Whether it has ended.</returns>
    /// <exception cref="InvalidOperationException">
    /// It has not been started; or what its output was sent to, or its input came from, has failed.
    /// </exception>
    /// <exception cref="IOException">The worker could not be spoken to (too many open files, a stale executable), and was killed.</exception>
    public bool Join(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        bool hasEnded = Sentinel.Wait(Deadline.After(timeout).RemainingMilliseconds, cancellationToken);
        if (hasEnded)
        {
            _run!.ThrowIfFailed();
        }

        return hasEnded;
    }

    /// <summary>The awaitable twin of <see cref="Join"/>.</summary>
    /// <inheritdoc cref="Join"/>
    public async Task JoinAsync(CancellationToken cancellationToken = default)
    {
        await Sentinel.WaitAsync(cancellationToken).ConfigureAwait(false);
        _run!.ThrowIfFailed();
    }

    /// <inheritdoc/>
    Task IWaitable.WaitReadyAsync(CancellationToken cancellationToken) => Sentinel.WaitAsync(cancellationToken);

    /// <summary>Waits for the end of the process and returns what its call returned.</summary>
    /// <typeparam name="TResult">The call's return type (without the task of an asynchronous one).</typeparam>
    /// <param name="cancellationToken">Ends the wait, not the process.</param>
    /// <exception cref="RemoteException">The call threw.</exception>
    /// <exception cref="WorkerDiedException">The process ended before its call did.</exception>
    /// <exception cref="InvalidOperationException">It has not been started, or its call returns nothing.</exception>
    public async Task<TResult> ResultAsync<TResult>(CancellationToken cancellationToken = default)
    {
        await JoinAsync(cancellationToken).ConfigureAwait(false);
        return _run!.Result<TResult>();
    }

    /// <summary>Whether it has ended in order, but by <see cref="Environment.Exit"/>, so that its call has returned nothing.</summary>
    internal bool HasExitedInMidCall => ExitCode == 0 && _run?.HasResult == false;

    /// <summary>
    /// Asks the process to end (SIGTERM; on Windows a request over its control channel). Code in it that uses
    /// <see cref="StopRequested"/> decides itself; otherwise it ends at once. Does nothing if it has ended.
    /// </summary>
    /// <exception cref="InvalidOperationException">It has not been started.</exception>
    public void Terminate() => (_run ?? throw NotStarted()).Terminate();

    /// <summary>Kills the process, and with it those it has started (<see cref="KillsDescendants"/>). Does nothing if it has ended.</summary>
    /// <exception cref="InvalidOperationException">It has not been started.</exception>
    public void Kill() => (_run ?? throw NotStarted()).Kill();

    /// <summary>Kills the process if it is running.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        if (IsAlive)
        {
            Kill();
            _ended.Task.Wait();
        }
    }

    /// <summary>Kills the process if it is running, and awaits its end.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        if (IsAlive)
        {
            Kill();
            await _ended.Task.ConfigureAwait(false);
        }
    }

    /// <summary>For people: <c>Process-1 (PID 4711, running)</c>.</summary>
    public override string ToString()
    {
        string state = _run is null ? "not started"
            : ExitCode is { } code ? ExitCodes.InWords(code)
            : "running";
        return $"{Name} ({(ProcessId is { } id ? $"PID {id}, " : "")}{state})";
    }

    private async Task CompleteAsync(WorkerRun run)
    {
        try
        {
            await run.Completion.ConfigureAwait(false);
        }
        finally
        {
            // Whatever went wrong behind the process's end: nobody may wait for that end for ever.
            ProcessTree.Remove(this);
            _ = _ended.TrySetResult();
        }
    }

    private InvalidOperationException NotStarted() => new($"{Name} has not been started; call {nameof(Start)} first.");

    private void ThrowIfStarted(string property)
    {
        if (_run is not null)
        {
            throw new InvalidOperationException($"{Name} has been started; {property} can only be set before.");
        }
    }
}
