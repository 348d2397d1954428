using System.Diagnostics;
using System.Runtime.CompilerServices;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;

namespace IpcDemos.TestWorker.Commands;

/// <summary>
/// Prints how many descriptors are open, pieces of shared memory mapped, children and threads of its own running, and files in shared
/// memory, after one pool and after ten more: it should be the same. Each pool is used and then ends in the way that is given:
/// <c>complete</c>, <c>stop</c>, <c>forget</c>; or <c>break</c>, then its initializer fails.
/// </summary>
public static class CyclePools
{
    public static int Run(string[] args)
    {
        Cycle(args[0]);
        Print();
        for (int index = 0; index < 10; index++)
        {
            Cycle(args[0]);
        }

        Print();
        return 0;
    }

    private static void Cycle(string how)
    {
        switch (how)
        {
            case "complete":
                Use().CompleteAsync().Wait();
                break;
            case "stop":
                Use().StopAsync().Wait();
                break;
            case "forget":
                Forget();
                while (WorkerProcess.ActiveChildren is [var worker, ..])
                {
                    Collect();
                    _ = worker.Sentinel.Wait(10);
                }

                break;
            default:
                Break();
                break;
        }
    }

    private static ProcessPool Use()
    {
        var pool = new ProcessPool(1);
        int[] doubled = pool.Map(static number => number * 2, Enumerable.Range(0, 2000));
        return doubled[^1] == 3998 ? pool : throw new UnreachableException("The map should have doubled.");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget() => _ = Use();

    private static void Break()
    {
        using var pool = new ProcessPool(new ProcessPoolOptions
        {
            WorkerCount = 1,
            StartAttempts = 1,
            Initializer = static () => throw new InvalidOperationException("cannot begin"),
        });
        try
        {
            _ = pool.Invoke(static () => 42);
            throw new UnreachableException("The pool should have broken.");
        }
        catch (BrokenProcessPoolException)
        {
            // As it should.
        }
    }

    private static void Print()
    {
        // What is still referred to by nothing but a finalizer is no leak.
        Collect();
        Console.WriteLine(string.Join(
            ' ',
            Directory.GetFileSystemEntries("/proc/self/fd").Length,
            File.ReadLines("/proc/self/maps").Count(static line => line.Contains("memfd:ipcdemos", StringComparison.Ordinal)),
            File.ReadAllText("/proc/self/task/" + Environment.ProcessId + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Length,
            Directory.GetDirectories("/proc/self/task").Count(static thread => !IsThreadPools(thread)),
            Directory.GetFileSystemEntries("/dev/shm").Length));
    }

    // Those come and go as the thread pool thinks best.
    private static bool IsThreadPools(string thread)
    {
        try
        {
            return File.ReadAllText(thread + "/comm").StartsWith(".NET TP", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true; // it has just ended
        }
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
