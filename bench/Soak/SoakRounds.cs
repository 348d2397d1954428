using System.Diagnostics;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Bench.Soak;

/// <summary>Torments of several kinds, in turn until the time is over or one of them finds a fault.</summary>
internal static class SoakRounds
{
    private const double ShortestSeconds = 1;
    private const double LongestSeconds = 10;

    /// <param name="options">For how long, and beside what.</param>
    /// <param name="report">Is told what came of each round.</param>
    /// <param name="rounds">Each torments for the time it is given, says what came of that, and throws what does not hold.</param>
    /// <returns>Whether everything held.</returns>
    public static async Task<bool> RunAsync(
        TormentSoakOptions options, Action<string> report, params (string Name, Func<TimeSpan, Task<string>> Run)[] rounds)
    {
        WorkerProcess[] others = [.. Enumerable.Range(0, options.Load).Select(static _ => new WorkerProcess(SoakLoad.TakeAProcessor))];
        Array.ForEach(others, static other => other.Start());
        var length = TimeSpan.FromSeconds(Math.Clamp(options.Duration.TotalSeconds / rounds.Length, ShortestSeconds, LongestSeconds));
        long start = Stopwatch.GetTimestamp();
        for (int turn = 0; turn < rounds.Length || Stopwatch.GetElapsedTime(start) < options.Duration; turn++)
        {
            (string name, Func<TimeSpan, Task<string>> run) = rounds[turn % rounds.Length];
            try
            {
                report($"{name}: {await run(length)}");
            }
            catch (Exception fault)
            {
                report($"{name}: {fault}");
                return false;
            }
        }

        Array.ForEach(others, static other => other.Dispose());
        int left = ProcessRegistry.List().Count(static worker => worker.ParentProcessId == Environment.ProcessId);
        report($"{left} processes are left");
        return left == 0;
    }
}
