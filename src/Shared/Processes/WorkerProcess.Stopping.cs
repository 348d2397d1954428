using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Processes;

public sealed partial class WorkerProcess
{
    private static readonly Lock s_stopLock = new();
    private static CancellationTokenSource? s_stop;
    private static PosixSignalRegistration? s_terminateSignal;

    /// <summary>
    /// Cancelled when this process is asked to end (<see cref="Terminate"/>, SIGTERM). Code that uses it takes over: a process
    /// that has looked at it is not ended by the request, but by its call returning, or by <see cref="Kill"/>.
    /// </summary>
    public static CancellationToken StopRequested
    {
        get
        {
            lock (s_stopLock)
            {
                s_stop ??= new CancellationTokenSource();
                s_terminateSignal ??= OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(
                    PosixSignal.SIGTERM,
                    static context =>
                    {
                        context.Cancel = true;
                        _ = TryRequestStop();
                    });
                return s_stop.Token;
            }
        }
    }

    /// <summary>Stops all workers of this process in order: all are asked, and those that have not ended in time are killed.</summary>
    /// <param name="grace">How long they are given; two seconds unless set.</param>
    /// <returns>Completes when none is left.</returns>
    public static async Task StopAllAsync(TimeSpan? grace = null)
    {
        IReadOnlyList<WorkerProcess> children = ActiveChildren;
        foreach (WorkerProcess child in children)
        {
            child.Terminate();
        }

        Task all = Task.WhenAll(children.Select(child => child.JoinAsync()));
        await Task.WhenAny(all, Task.Delay(grace ?? Grace)).ConfigureAwait(false);
        foreach (WorkerProcess child in children)
        {
            child.Kill();
        }

        await all.ConfigureAwait(false);
    }

    /// <summary>Cancels <see cref="StopRequested"/>; false if nobody has ever looked at it.</summary>
    internal static bool TryRequestStop()
    {
        CancellationTokenSource? stop;
        lock (s_stopLock)
        {
            stop = s_stop;
        }

        _ = stop?.CancelAsync();
        return stop is not null;
    }
}
