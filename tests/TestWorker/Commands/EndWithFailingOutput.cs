using IpcDemos.Shared.Processes;

namespace IpcDemos.TestWorker.Commands;

/// <summary>Ends while a child runs whose output goes to a delegate that throws.</summary>
public static class EndWithFailingOutput
{
    public static int Run(string[] args)
    {
        new WorkerProcess(() => Console.WriteLine("line")) { StandardOutput = WorkerOutput.ToLines(Refuse) }.Start();
        Console.WriteLine("end of Main");
        return 0;
    }

    private static void Refuse(string line) => throw new InvalidOperationException(line);
}
