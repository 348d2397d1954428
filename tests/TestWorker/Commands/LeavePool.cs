using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.TestWorker.Commands;

/// <summary>Ends without disposing of its pool, whose worker is idle, or runs a task without end.</summary>
public static class LeavePool
{
    public static int Run(string[] args)
    {
        var pool = new ProcessPool(1);
        Console.WriteLine(pool.Invoke(static () => 42));
        if (args is ["busy"])
        {
            using var started = new ProcessEvent();
            _ = pool.Submit(Forever, started);
            started.Wait();
        }

        return 0;
    }

    private static int Forever(ProcessEvent started)
    {
        started.Set();
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }
}
