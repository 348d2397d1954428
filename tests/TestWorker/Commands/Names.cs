using IpcDemos.Shared.Processes;

namespace IpcDemos.TestWorker.Commands;

/// <summary>Prints the names that workers get in a tree of them.</summary>
public static class Names
{
    public static int Run(string[] args)
    {
        RunToEnd(WorkerProcess.Create(Print));
        RunToEnd(WorkerProcess.Create(PrintAndDescend));
        WorkerProcess named = WorkerProcess.Create(PrintAndStartOne);
        named.Name = "own name";
        RunToEnd(named);
        RunToEnd(WorkerProcess.Create(Print));
        return 0;
    }

    private static void Print() => Console.WriteLine(WorkerProcess.Current.Name);

    private static void PrintAndDescend()
    {
        Print();
        RunToEnd(WorkerProcess.Create(Print));
        RunToEnd(WorkerProcess.Create(PrintAndStartOne));
    }

    private static void PrintAndStartOne()
    {
        Print();
        RunToEnd(WorkerProcess.Create(Print));
    }

    private static void RunToEnd(WorkerProcess worker)
    {
        using (worker)
        {
            worker.Start();
            _ = worker.Join();
        }
    }
}
