using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.TestWorker.Commands;

/// <summary>
/// Holds a pool of four workers: one runs a task without end, one a task that has a pool of its own, one the first item of a map, and
/// one is idle. Says when all that is so.
/// </summary>
public static class HoldPool
{
    public static int Run(string[] args)
    {
        using var all = new ProcessBarrier(4);
        using var started = new ProcessSemaphore(0);
        var pool = new ProcessPool(4);
        Task.WaitAll(Enumerable.Range(0, 4).Select(_ => pool.Submit(Meet, all)));
        _ = pool.Submit(Stay, started);
        _ = pool.Submit(HoldAnother, started);
        _ = Map(pool, started);
        for (int task = 0; task < 3; task++)
        {
            _ = started.Acquire();
        }

        Console.WriteLine("running");
        _ = Console.ReadLine();
        return 0;
    }

    // Apart, so that the lambda captures nothing else.
    private static Task<int[]> Map(ProcessPool pool, ProcessSemaphore started) =>
        pool.MapAsync(number => number + Stay(started), Enumerable.Range(0, 1000), new PoolMapOptions { ChunkSize = 1, Window = 1 });

    private static int Meet(ProcessBarrier all)
    {
        _ = all.Wait();
        return 0;
    }

    private static int Stay(ProcessSemaphore started)
    {
        started.Release();
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    private static int HoldAnother(ProcessSemaphore started)
    {
        using var pool = new ProcessPool(1);
        return pool.Invoke(Stay, started);
    }
}
