using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.TestWorker.Commands;

/// <summary>
/// Ends without disposing of its pool, whose worker is idle, or runs a task without end, or may not even have been sent one,
/// or is to be completed with its task, or gets one when the program has begun to end.
/// </summary>
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
        else if (args is ["submitted"])
        {
            // Of the second pool no worker has started, either.
            _ = pool.Submit(static () => Thread.Sleep(Timeout.Infinite));
            _ = new ProcessPool(2).Submit(static () => Thread.Sleep(Timeout.Infinite));
        }

        else if (args is ["completing"])
        {
            using var started = new ProcessEvent();
            _ = pool.Submit(Forever, started);
            started.Wait();
            _ = pool.CompleteAsync();
        }
        else if (args is ["late"])
        {
            AppDomain.CurrentDomain.ProcessExit += (_, _) => _ = pool.Submit(static () => 43);
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
