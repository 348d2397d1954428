using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Diagnostics;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using Microsoft.Extensions.Logging;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>The library's own log shows what processes go through.</summary>
internal sealed class LoggingScenario : IScenario
{
    private static readonly object[] s_items = ["tango", "foxtrot", 10];

    private static readonly string[] s_logOfEach =
        ["child process calling self.run()", "process shutting down", "process exiting with exitcode 0"];

    public string Name => "logging";

    public string Summary => "three workers print under one lock, with the library's log on standard error";

    public async Task RunAsync(ScenarioContext context)
    {
        LogLevel level = ProcessLog.Level;
        using IDisposable capture = context.CaptureStandardError();
        ILogger logger = ProcessLog.LogToStandardError(LogLevel.Information);
        try
        {
            await PrintInTurnAsync(context);

            // For the course's program this is the end; this process has other scenarios to run.
            logger.LogInformation("process shutting down");
        }
        finally
        {
            ProcessLog.Level = level;
        }

        context.CheckLinesInAnyOrder(
            context.Lines,
            [
                .. s_items.Select(item => $"{item}"),
                .. from number in Enumerable.Range(1, s_items.Length)
                   from message in s_logOfEach
                   select $"[INFO/Process-{number}] {message}",
                "[INFO/MainProcess] process shutting down",
            ]);
    }

    private static async Task PrintInTurnAsync(ScenarioContext context)
    {
        using var processLock = new ProcessLock();
        WorkerProcess[] workers =
            [.. s_items.Select(item => context.CreateWorker(new() { PrintsStandardError = true }, PrintUnderLock, item, processLock))];
        Array.ForEach(workers, worker => worker.Start());
        await context.JoinAsync(workers);
    }

    private static void PrintUnderLock(object item, ProcessLock processLock)
    {
        using (processLock.Hold())
        {
            Console.WriteLine(item);
        }
    }
}
