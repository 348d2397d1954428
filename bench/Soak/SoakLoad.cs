using IpcDemos.Shared.Processes;

namespace IpcDemos.Bench.Soak;

/// <summary>What makes the machine busy with something else.</summary>
internal static class SoakLoad
{
    public static void TakeAProcessor()
    {
        while (!WorkerProcess.StopRequested.IsCancellationRequested)
        {
        }
    }
}
