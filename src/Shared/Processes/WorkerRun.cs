using CliWrap;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Diagnostics;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Processes;

/// <summary>The running side of a <see cref="WorkerProcess"/>: launches it, gives it its call, and takes down how both end.</summary>
internal sealed class WorkerRun
{
    private readonly string _name;
    private readonly IReadOnlyList<Offer> _passedOn;
    private readonly WorkerLaunch _launch;
    private volatile ControlChannel? _control;
    private byte[]? _result;
    private int? _farewell;
    private int _askedOrForced;
    private Exception? _failure;

    private WorkerRun(WorkerProcess process, WorkerLaunch launch, byte[] frame, IReadOnlyList<Offer> passedOn)
    {
        _name = process.Name;
        _passedOn = passedOn;
        _launch = launch;
        launch.Streams.Adopt(process);
        ProcessId = launch.Command.ProcessId;
        if (!process.KillsDescendants)
        {
            launch.Family.Loosen();
        }

        Completion = FollowAsync(frame);
    }

    public int ProcessId { get; }

    public int? ExitCode { get; private set; }

    public RemoteError? Error { get; private set; }

    public string LastErrorLines => _launch.Streams.LastErrorLines;

    /// <summary>That the worker could not be spoken to, and why; null if it could.</summary>
    public IOException? Failure => _failure is null
        ? null
        : new IOException($"{_name} (PID {ProcessId}) could not be spoken to, and was killed: {_failure.Message}", _failure);

    /// <summary>Completes, always successfully, when the process has ended and its output has been delivered.</summary>
    public Task Completion { get; }

    public static WorkerRun Start(WorkerProcess process, string identity, Delegate call, object?[] arguments)
    {
        using HandleTransfer.OfferScope offers = HandleTransfer.BeginOffers();
        byte[] frame = WriteFrame(process, identity, call, arguments);
        IReadOnlyList<Offer> passedOn = HandleTransfer.KeepOffers();
        try
        {
            WorkerLaunch launch = WorkerSpares.TryTake()
                ?? WorkerLaunch.Start(process.Name, process.RunsManyCalls, CallBinder.Describe(call));
            return new WorkerRun(process, launch, frame, passedOn);
        }
        catch
        {
            HandleTransfer.Revoke(passedOn);
            throw;
        }
    }

    public void Terminate()
    {
        if (ExitCode is not null)
        {
            return;
        }

        _ = Interlocked.CompareExchange(ref _askedOrForced, ProcessSignals.Terminate, 0);
        if (!OperatingSystem.IsWindows())
        {
            ProcessSignals.Ask(ProcessId);
        }
        else if (_control is { } control)
        {
            _ = control.TrySend([0, 0, 0, 2, 0x91, (byte)ControlMessage.Stop]);
        }
        else
        {
            _launch.Family.Kill(); // it has not taken its call yet, so there is nothing to be polite about
        }
    }

    public void Kill()
    {
        if (ExitCode is null)
        {
            _askedOrForced = ProcessSignals.Kill;
            _launch.Family.Kill();
        }
    }

    /// <summary>Whether it has sent a result; a call that returns nothing sends none.</summary>
    public bool HasResult => _result is not null;

    public TResult Result<TResult>()
    {
        if (Error is not null)
        {
            throw new RemoteException(_name, ProcessId, Error);
        }

        if (_result is not null)
        {
            return MessageSerializer.Deserialize<TResult>(_result);
        }

        throw ExitCode == 0
            ? new InvalidOperationException(
                $"{_name} has ended without a result: its call returns nothing, or has called Environment.Exit. "
                + $"Use {nameof(WorkerProcess.JoinAsync)} to wait for it.")
            : new WorkerDiedException(_name, ProcessId, ExitCode!.Value, _launch.Streams.LastErrorLines);
    }

    /// <exception cref="InvalidOperationException">What the worker's output was sent to, or its input came from, has failed.</exception>
    /// <exception cref="IOException">The worker could not be spoken to.</exception>
    public void ThrowIfFailed()
    {
        _launch.Streams.ThrowIfFailed(_name);
        if (Failure is { } failure)
        {
            throw failure;
        }
    }

    private static byte[] WriteFrame(WorkerProcess process, string identity, Delegate call, object?[] arguments)
    {
        FrameWriter buffer = FrameWriter.Rent();
        try
        {
            var writer = new MessagePackWriter(buffer);
            new Preparation(
                process.Name,
                identity,
                process.IsDaemon,
                ProcessTree.Current,
                ProcessLog.IsOn ? (int)ProcessLog.Level : null,
                ProcessLog.LogsToStandardError).Write(ref writer);
            writer.Write(AppContext.BaseDirectory);
            new CallWriter().WriteCall(ref writer, call, arguments);
            writer.Flush();
            return buffer.Frame.ToArray();
        }
        finally
        {
            buffer.Return();
        }
    }

    private async Task FollowAsync(byte[] frame)
    {
        try
        {
            await ConverseAsync(frame).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // No descriptor was free to accept it with, or it does not speak the protocol: without its creator it is of no use.
            _failure = error;
            Kill();
        }

        _launch.Streams.ProcessHasEnded(); // or is about to, with its control channel
        CommandResult end = await _launch.Command.Task.ConfigureAwait(false);
        await _launch.Ended.ConfigureAwait(false);
        int exitCode = InterpretStatus(end.ExitCode);
        try
        {
            _launch.Family.Release();
            HandleTransfer.Revoke(_passedOn); // what it was to receive and never took
            if (exitCode < 0 && !OperatingSystem.IsWindows())
            {
                RuntimeFiles.RemoveOf(ProcessId);
            }
        }
        finally
        {
            ExitCode = exitCode;
        }
    }

    private async Task ConverseAsync(byte[] frame)
    {
        if (await _launch.ConnectAsync().ConfigureAwait(false) is not { } stream)
        {
            return;
        }

        using var control = new ControlChannel(stream);
        try
        {
            await control.SendAsync(frame, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return; // it died before it had read its call; the exit status tells how
        }

        _control = control;
        while (await control.ReceiveAsync().ConfigureAwait(false) is { } message)
        {
            Take(message);
        }

        _control = null;
    }

    private void Take(ReadOnlyMemory<byte> message)
    {
        var reader = new MessagePackReader(message);
        _ = reader.ReadArrayHeader();
        switch ((ControlMessage)reader.ReadInt32())
        {
            case ControlMessage.Result:
                _result = message[(int)reader.Consumed..].ToArray();
                break;
            case ControlMessage.Error:
                Error = MessageSerializer.Read<RemoteError>(ref reader, MessageOrigin.OwnProcess);
                break;
            case ControlMessage.Exiting:
                _farewell = reader.ReadInt32();
                break;
        }
    }

    /// <summary>
    /// A signal's number as −N. The runtime tells an exit by signal N as status 128+N; a worker that ends by itself says so first,
    /// which is how exit code 137 is told from SIGKILL.
    /// </summary>
    private int InterpretStatus(int status)
    {
        if (OperatingSystem.IsWindows())
        {
            bool wasStopped = _farewell is null || _farewell == ProcessSignals.StatusBase + ProcessSignals.Terminate;
            return _askedOrForced != 0 && wasStopped ? -_askedOrForced : status;
        }

        bool saidSo = _farewell is { } code && (code & 0xff) == status;
        return status > ProcessSignals.StatusBase && !saidSo ? ProcessSignals.StatusBase - status : status;
    }
}
