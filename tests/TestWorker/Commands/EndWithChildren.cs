using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.TestWorker.Commands;

/// <summary>Ends, by returning or by exiting, while a daemon runs for ever and another child until it hears of the end.</summary>
public static class EndWithChildren
{
    public static int Run(string[] args)
    {
        // Registered before the first worker, so that it comes before the library's own handler, which waits for the child.
        Connection? child = null;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => child!.Send("end");

        var (here, there) = Pipe.Create();
        child = here;
        WorkerProcess.Create(UntilTold, there).Start();
        new WorkerProcess(() => new ManualResetEvent(false).WaitOne()) { IsDaemon = true }.Start();
        Console.WriteLine("end of Main");
        if (args is ["exit"])
        {
            Environment.Exit(5);
        }

        return 0;
    }

    private static void UntilTold(Connection connection)
    {
        _ = connection.Receive<string>();
        Console.WriteLine("child has seen the end of Main");
    }
}
