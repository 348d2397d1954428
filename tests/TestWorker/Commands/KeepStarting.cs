using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.TestWorker.Commands;

/// <summary>Starts workers, of which every second starts another, on two threads for ever: at any moment some are just starting.</summary>
public static class KeepStarting
{
    public static int Run(string[] args)
    {
        for (int index = 0; index < 2; index++)
        {
            new Thread(StartForEver).Start();
        }

        return 0;
    }

    private static void StartForEver()
    {
        while (true)
        {
            foreach (PipeTransport transport in Enum.GetValues<PipeTransport>())
            {
                var (here, there) = Pipe.Create(duplex: true, transport);
                using (here)
                using (WorkerProcess worker = WorkerProcess.Create(StartAnother, there))
                {
                    worker.Start();
                    Console.WriteLine("started");
                    _ = here.Receive<int>();
                }
            }
        }
    }

    private static void StartAnother(Connection connection)
    {
        using WorkerProcess worker = WorkerProcess.Create(WaitForEver);
        worker.Start();
        connection.Send(worker.ProcessId!.Value);
        WaitForEver();
    }

    private static void WaitForEver() => _ = new ManualResetEvent(false).WaitOne();
}
