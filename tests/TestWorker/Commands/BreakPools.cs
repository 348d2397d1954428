using System.Diagnostics;
using IpcDemos.Shared.Pools;

namespace IpcDemos.TestWorker.Commands;

/// <summary>
/// Prints how many descriptors are open, pieces of shared memory mapped, children running and files in shared memory, after one pool whose
/// initializer fails and after ten more: it should be the same.
/// </summary>
public static class BreakPools
{
    public static int Run(string[] args)
    {
        BreakOne();
        Print();
        for (int index = 0; index < 10; index++)
        {
            BreakOne();
        }

        Print();
        return 0;
    }

    private static void BreakOne()
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
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Console.WriteLine(string.Join(
            ' ',
            Directory.GetFileSystemEntries("/proc/self/fd").Length,
            File.ReadLines("/proc/self/maps").Count(static line => line.Contains("memfd:ipcdemos", StringComparison.Ordinal)),
            File.ReadAllText("/proc/self/task/" + Environment.ProcessId + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Length,
            Directory.GetFileSystemEntries("/dev/shm").Length));
    }
}
