using System.ComponentModel;
using CliWrap;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Processes;

/// <summary>A worker executable that has been started and has not been given its call.</summary>
internal sealed class WorkerLaunch
{
    private readonly Task<Stream?> _connection;

    private WorkerLaunch(PrivateListener listener, string name, string call)
    {
        Command = Streams.Attach(WorkerLauncher.Command(listener.Address, name, call)).ExecuteAsync();
        Family = ProcessFamily.Of(Command.ProcessId);
        Ended = EndOfProcess();
        _connection = AcceptAsync(listener);
    }

    public WorkerStreams Streams { get; } = new();

    /// <summary>Completes when the process has ended and its output has been delivered.</summary>
    public CommandTask<CommandResult> Command { get; }

    /// <summary>The process, and those that it starts.</summary>
    public ProcessFamily Family { get; }

    /// <summary>
    /// Completes when the process has ended and this process's watch on it knows: whoever has waited for this finds at once what
    /// the process held, and not only when the thread that serves the watches has had its turn.
    /// </summary>
    public Task Ended { get; }

    /// <param name="name">What the system's process table is to call it.</param>
    /// <param name="changes">Whether what it runs will change, so that there must be room for longer texts.</param>
    /// <param name="call">What it runs.</param>
    /// <exception cref="IOException">The system refuses to start it.</exception>
    public static WorkerLaunch Start(string name, bool changes, string call)
    {
        PrivateListener listener = PrivateListener.Create();
        try
        {
            return new WorkerLaunch(listener, name, changes ? call.PadRight(ProcessTitle.Room) : call);
        }
        catch (Win32Exception refusal)
        {
            // CliWrap takes every refusal for a missing file; what the system said (too many open files, no more processes) is within.
            listener.Dispose();
            throw new IOException($"A worker could not be started. {(refusal.InnerException ?? refusal).Message}", refusal);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Completes when the process has asked for its call, with the line to it; with null if it has ended before.</summary>
    public Task<Stream?> ConnectAsync() => _connection;

    private async Task<Stream?> AcceptAsync(PrivateListener listener)
    {
        using (listener)
        {
            using var stop = new CancellationTokenSource();
            Task<Stream> accept = listener.AcceptAsync(stop.Token);
            if (await Task.WhenAny(accept, Ended, Command.Task).ConfigureAwait(false) == accept)
            {
                return await accept.ConfigureAwait(false);
            }

            await stop.CancelAsync().ConfigureAwait(false);
            _ = accept.ContinueWith(static late => late.Exception, TaskScheduler.Default); // a last-moment connection is nobody's
            return null;
        }
    }

    /// <summary>
    /// The end of the process alone. The command ends later, with its output, and on Windows that can be held by the program of
    /// the worker's console, which is started before the worker's first line runs.
    /// </summary>
    private Task EndOfProcess()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            if (ProcessIdentity.Of(Command.ProcessId) is not { } process)
            {
                return Task.CompletedTask;
            }

            ProcessWatch.On(process).Subscribe(() => ended.TrySetResult());
        }
        catch (IOException)
        {
            return Command.Task; // too many files are open for another watch; the command's end comes somewhat later
        }

        return ended.Task;
    }
}
