using IpcDemos.Shared.Diagnostics;
using IpcDemos.Shared.Processes;
using Microsoft.Extensions.Logging;

namespace IpcDemos.TestWorker.Commands;

/// <summary>Logs to standard error at a level while a worker ends well (<c>plain</c>), badly (<c>failing</c>) or not at all (<c>daemon</c>).</summary>
public static class Log
{
    public static int Run(string[] args)
    {
        _ = ProcessLog.LogToStandardError(Enum.Parse<LogLevel>(args[0]));
        if (args[1] == "daemon")
        {
            new WorkerProcess(() => new ManualResetEvent(false).WaitOne()) { IsDaemon = true }.Start();
            return 0;
        }

        using WorkerProcess worker = args[1] switch
        {
            "plain" => WorkerProcess.Create(() => { }),
            "failing" => WorkerProcess.Create(Fail),
            "own" => WorkerProcess.Create(LogOwn),
            "nested" => WorkerProcess.Create(RunChild),
            var other => throw new ArgumentException($"There is no kind '{other}'.", nameof(args)),
        };
        worker.Start();
        _ = worker.Join();
        return 0;
    }

    private static void Fail() => throw new InvalidOperationException("fails");

    private static void LogOwn()
    {
        ILogger logger = ProcessLog.GetLogger();
        Console.WriteLine(ProcessLog.Level);
        logger.LogTrace("traced");
        logger.LogWarning("warned {What}", "you");
        logger.LogError(new TimeoutException("late"), "failed");
        logger.LogCritical("broke");
    }

    private static void RunChild()
    {
        using WorkerProcess worker = WorkerProcess.Create(() => { });
        worker.Start();
        _ = worker.Join();
    }
}
