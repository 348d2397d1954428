using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Bench.Rows;

/// <summary>Starting a process, running a call in it, and waiting for its end.</summary>
internal static class StartRows
{
    private const string Script = "start_rows.py";
    private const int Runs = 10;

    public static IEnumerable<BenchmarkRow> All(PythonInterpreter python) =>
    [
        new(
            "start/empty-call",
            "start a process, run an empty call in it, join it",
            Unit.Milliseconds,
            Contender.Ours(() => Timing.MedianOf(Runs, StartAndJoin) * 1e3),
            python.Contender("CPython fork", Script, "fork", Runs),
            python.Contender("CPython spawn", Script, "spawn", Runs),
            python.Contender("CPython forkserver", Script, "forkserver", Runs),
            Contender.Limit("Process.Start of an empty program", () => Timing.MedianOf(Runs, EmptyProgram.Run) * 1e3)),
    ];

    private static void StartAndJoin()
    {
        using var worker = new WorkerProcess(Nothing);
        worker.Start();
        worker.Join();
    }

    private static void Nothing()
    {
    }
}
