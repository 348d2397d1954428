using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.TestWorker.Commands;

/// <summary>Prints what is open after one worker and after ten more: it should be the same.</summary>
public static class CountDescriptors
{
    public static int Run(string[] args)
    {
        RunOne();
        Print();
        for (int index = 0; index < 10; index++)
        {
            RunOne();
        }

        Print();
        return 0;
    }

    private static void RunOne()
    {
        var (here, there) = Pipe.Create();
        using (here)
        using (var worker = WorkerProcess.Create(connection => connection.Send(true), there))
        {
            worker.Start();
            _ = here.Receive<bool>();
            _ = worker.Join();
        }
    }

    private static void Print() => Console.WriteLine(string.Join(
        ' ',
        Directory.GetFileSystemEntries("/proc/self/fd")
            .Select(file => new FileInfo(file).LinkTarget ?? "")
            .Where(target => !target.EndsWith(".dll", StringComparison.Ordinal))
            .Select(target => target.Split(':')[0])
            .Order()));
}
