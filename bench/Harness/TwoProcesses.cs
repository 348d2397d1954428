using System.Diagnostics;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Bench.Harness;

/// <summary>Work that this process and a worker do at the same time, on something they share.</summary>
internal static class TwoProcesses
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// Seconds from the start on both sides until both have done their part, divided by the count. Before that they do it over
    /// and over for a while, so that the runtime has optimised it in both.
    /// </summary>
    /// <typeparam name="T">What they share.</typeparam>
    /// <param name="shared">What they share.</param>
    /// <param name="here">This process's part, told how often to do it.</param>
    /// <param name="there">The worker's part.</param>
    /// <param name="count">How often.</param>
    public static double SecondsPerOperation<T>(T shared, Action<T, int> here, Action<T, int> there, int count)
    {
        var (control, workerControl) = Pipe.Create();
        using WorkerProcess worker = WorkerProcess.Create(Serve, shared, there, workerControl);
        worker.Start();
        long start = Stopwatch.GetTimestamp();
        do
        {
            Once(control, shared, here, count);
        }
        while (Stopwatch.GetElapsedTime(start) < s_warmUp);

        start = Stopwatch.GetTimestamp();
        Once(control, shared, here, count);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        control.Dispose();
        worker.Join();
        return seconds / count;
    }

    private static void Once<T>(Connection control, T shared, Action<T, int> here, int count)
    {
        control.Send(count);
        here(shared, count);
        _ = control.Receive<bool>();
    }

    private static void Serve<T>(T shared, Action<T, int> there, Connection control)
    {
        try
        {
            while (true)
            {
                there(shared, control.Receive<int>());
                control.Send(true);
            }
        }
        catch (ConnectionClosedException)
        {
        }
    }
}
