using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Csp;

/// <summary>
/// One process of a network: a call that communicates over channels only. Runs as a worker process of its own, or as a task of this one;
/// <see cref="Network"/> starts it, once.
/// </summary>
/// <remarks>
/// <para>
/// The ends of channels that it is to use are arguments, also in arrays, and become its own. (A lambda must not capture them: captured
/// variables may be shared with other lambdas, an end has one owner.) When the call returns, they are retired. When the call ends with
/// <see cref="ChannelRetiredException"/>, they are retired as well; with <see cref="ChannelPoisonedException"/>, they are poisoned: that
/// is how both travel through a network, and neither counts as a failure. When it throws anything else, they are poisoned.
/// </para>
/// <para>A worker's ends are all that it has when its call ends, those included that it created or was sent.</para>
/// </remarks>
public sealed class CspProcess
{
    private readonly Delegate _call;
    private readonly object?[] _arguments;
    private int _isStarted;
    private WorkerProcess? _worker;

    /// <summary>Describes a process; nothing starts yet.</summary>
    /// <param name="call">A static method, local function or lambda, synchronous or not; see <see cref="WorkerProcess"/>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="ArgumentException">The arguments do not fit the method, or it cannot be called in another process.</exception>
    public CspProcess(Delegate call, params object?[] arguments)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(arguments);
        CallBinder.ThrowUnlessCallable(call, arguments);
        _call = call;
        _arguments = arguments;
    }

    /// <summary>Whether it runs on a thread of this process; otherwise, as by default, in a worker process.</summary>
    public bool RunsAsTask { get; init; }

    /// <summary>Makes the worker, for one with a name or an output of its own; must not start it. Makes a plain one unless set.</summary>
    public Func<Delegate, object?[], WorkerProcess>? WorkerFactory { get; init; }

    /// <summary>The system's id of the process it runs in; <see langword="null"/> before it is started.</summary>
    public int? ProcessId => RunsAsTask && _isStarted != 0 ? Environment.ProcessId : _worker?.ProcessId;

    /// <summary>Starts it. Everything that goes wrong is in the task.</summary>
    /// <param name="cancellationToken">What it gets if it runs as a task and takes a token.</param>
    internal async Task<CspOutcome> StartAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isStarted, 1) != 0)
        {
            throw new InvalidOperationException(
                $"{CallBinder.Describe(_call)} has been started before; a process can be started once. Describe another one.");
        }

        return RunsAsTask
            ? await RunAsTaskAsync(cancellationToken).ConfigureAwait(false)
            : await RunInWorkerAsync().ConfigureAwait(false);
    }

    /// <summary>Ends it: kills its worker, or poisons a task's channels.</summary>
    internal void Abort()
    {
        if (!RunsAsTask)
        {
            _worker?.Kill();
            return;
        }

        foreach (ChannelEnd end in OwnEnds())
        {
            end.Poison();
        }
    }

    /// <summary>It will not run, and nobody is to wait for it: the ends that are still here are poisoned.</summary>
    internal void GiveUp()
    {
        foreach (ChannelEnd end in OwnEnds())
        {
            end.Poison();
            end.Retire();
        }
    }

    private static IEnumerable<ChannelEnd> EndsIn(object? argument) => argument switch
    {
        ChannelEnd end => [end],
        IEnumerable<ChannelEnd> ends => ends,
        _ => [],
    };

    private IEnumerable<ChannelEnd> OwnEnds() => _arguments.SelectMany(EndsIn);

    private Task<CspOutcome> RunAsTaskAsync(CancellationToken cancellationToken) => Task.Factory.StartNew(
        () => CspOutcome.Of(() => CallBinder.Bind(_call, _arguments, cancellationToken).Run(), OwnEnds, default),
        CancellationToken.None, // it has to end its channels in any case
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private async Task<CspOutcome> RunInWorkerAsync()
    {
        CallMessage message;
        try
        {
            message = CallMessage.Write(_call, _arguments);
        }
        catch
        {
            GiveUp(); // those that were not written yet
            throw;
        }

        PoisonCause cause = default;
        WorkerProcess? worker = null;
        try
        {
            worker = WorkerFactory?.Invoke(CspHost.Run, [message.Bytes]) ?? WorkerProcess.Create(CspHost.Run, message.Bytes);
            worker.Start();
            _worker = worker;
            ProcessIdentity process = ProcessIdentity.Of(worker.ProcessId!.Value) ?? new ProcessIdentity(worker.ProcessId.Value, 0);
            cause = PoisonCause.Of(process, exitCode: null);
            await worker.JoinAsync().ConfigureAwait(false);
            if (worker.HasExitedInMidCall)
            {
                return new CspOutcome(null, default);
            }

            CspOutcome outcome = await worker.ResultAsync<CspOutcome>().ConfigureAwait(false);
            Type type = CallBinder.Bind(_call, _arguments, CancellationToken.None).ResultType;
            return outcome.Value is byte[] value ? outcome with { Value = MessageSerializer.Deserialize(type, value) } : outcome;
        }
        catch
        {
            // Whoever waits with it at a channel notices its death by itself. This is for what it had not received yet, and for those
            // who never wait.
            cause = cause with { ExitCode = worker?.ExitCode ?? PoisonCause.Unknown };
            foreach (MovedEnd end in message.PassedOn.Select(passed => passed.Revoke.Target).OfType<MovedEnd>())
            {
                end.Abandon(cause);
            }

            throw;
        }
        finally
        {
            HandleTransfer.Revoke(message.PassedOn);
        }
    }
}
