using System.Runtime.InteropServices;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.TestWorker.Commands;

/// <summary>Has a pool run a task that ends when this program is interrupted, and prints its result then: Ctrl+C is the program's alone.</summary>
public static class InterruptPool
{
    public static int Run(string[] args)
    {
        using var started = new ProcessEvent();
        using var gate = new ProcessEvent();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            gate.Set();
        });
        using var pool = new ProcessPool(2);
        Task<int> task = Start(pool, started, gate);
        started.Wait();
        Console.WriteLine("running");
        Console.WriteLine(task.GetAwaiter().GetResult());
        pool.CompleteAsync().Wait();
        return 0;
    }

    // Apart, so that the lambda captures nothing else.
    private static Task<int> Start(ProcessPool pool, ProcessEvent started, ProcessEvent gate) => pool.Submit(() =>
    {
        started.Set();
        gate.Wait();
        return 42;
    });
}
