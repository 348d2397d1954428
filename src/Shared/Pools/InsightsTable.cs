using System.Globalization;
using System.Text;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Pools;

/// <summary>A pool's insights as lines of text, columns below each other.</summary>
internal static class InsightsTable
{
    private static readonly string[] s_workers =
        ["worker", "PID", "tasks", "start", "init", "waiting", "working", "exit", "peak MiB", "is at"];

    private static readonly string[] s_tasks = ["slowest", "time", "worker", "arguments"];

    public static string Of(PoolInsights insights)
    {
        var text = new StringBuilder();
        Append(text, [s_workers, .. insights.Workers.Concat(insights.EndedWorkers).Select(Row)]);
        _ = text.AppendLine(CultureInfo.InvariantCulture, $"{insights.Pending} tasks wait for a worker");
        if (insights.SlowestTasks.Count > 0)
        {
            Append(text, [s_tasks, .. insights.SlowestTasks.Select(Row)]);
        }

        return text.ToString();
    }

    private static string[] Row(WorkerInsights worker) =>
    [
        worker.Name,
        worker.ProcessId.ToString(CultureInfo.InvariantCulture),
        worker.TaskCount.ToString(CultureInfo.InvariantCulture),
        InWords(worker.StartingUp),
        InWords(worker.Initializing),
        InWords(worker.Waiting),
        InWords(worker.Working),
        InWords(worker.Exiting),
        (worker.PeakMemory >> 20).ToString(CultureInfo.InvariantCulture),
        worker.ExitCode is { } code ? ExitCodes.InWords(code)
            : !worker.IsReady ? "its start"
            : worker.CurrentTask is { } task ? $"{task}, for {InWords(worker.CurrentTime)}"
            : "nothing",
    ];

    private static string[] Row(SlowTask task) => [task.Task, InWords(task.Time), task.Worker, task.Arguments];

    private static string InWords(TimeSpan time) => time.TotalSeconds switch
    {
        0 => "-",
        < 0.001 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:0} µs"),
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms"),
        double seconds => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.00} s"),
    };

    private static void Append(StringBuilder text, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            _ = text.AppendLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
