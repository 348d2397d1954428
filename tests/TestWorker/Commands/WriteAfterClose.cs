using IpcDemos.Shared.Processes;

namespace IpcDemos.TestWorker.Commands;

/// <summary>Runs a worker that writes to this process's standard output after that has been closed at the other end.</summary>
public static class WriteAfterClose
{
    public static int Run(string[] args)
    {
        Console.WriteLine("ready");
        _ = Console.ReadLine();
        using WorkerProcess worker = WorkerProcess.Create(Write);
        worker.Start();
        _ = worker.Join();
        return worker.ExitCode!.Value;
    }

    private static void Write()
    {
        for (int index = 0; index < 10_000; index++)
        {
            Console.WriteLine(new string('x', 100));
        }
    }
}
