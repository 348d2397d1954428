using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.TestWorker.Commands;

/// <summary>Waits for SIGTERM, then stops a worker that follows requests and one that does not.</summary>
public static class StopInOrder
{
    public static int Run(string[] args)
    {
        CancellationToken stop = WorkerProcess.StopRequested;
        var (here, there) = Pipe.Create();
        using WorkerProcess patient = WorkerProcess.Create(FollowRequests, there);
        patient.Start();
        _ = here.Receive<bool>();
        (here, there) = Pipe.Create();
        using WorkerProcess stubborn = WorkerProcess.Create(IgnoreRequests, there);
        stubborn.Start();
        _ = here.Receive<bool>();

        Console.WriteLine("running");
        _ = stop.WaitHandle.WaitOne();
        WorkerProcess.StopAllAsync(TimeSpan.FromSeconds(1)).GetAwaiter().GetResult();
        Console.WriteLine($"patient: {patient.ExitCode}");
        Console.WriteLine($"stubborn: {stubborn.ExitCode}");
        Console.WriteLine($"left: {WorkerProcess.ActiveChildren.Count}");
        return 0;
    }

    private static void FollowRequests(Connection connection)
    {
        CancellationToken stop = WorkerProcess.StopRequested;
        connection.Send(true);
        _ = stop.WaitHandle.WaitOne();
    }

    private static void IgnoreRequests(Connection connection)
    {
        _ = WorkerProcess.StopRequested;
        connection.Send(true);
        _ = new ManualResetEvent(false).WaitOne();
    }
}
