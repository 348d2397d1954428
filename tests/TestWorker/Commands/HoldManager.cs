using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;

namespace IpcDemos.TestWorker.Commands;

/// <summary>Holds a manager, and a worker that waits in it for ever. Says where the manager is once the worker is about to wait.</summary>
public static class HoldManager
{
    public static int Run(string[] args)
    {
        using Manager manager = Manager.Start();
        using SharedEvent ready = manager.CreateEvent();
        using SharedEvent never = manager.CreateEvent();
        WorkerProcess worker = WorkerProcess.Create(
            static (SharedEvent ready, SharedEvent never) =>
            {
                ready.Set();
                _ = never.Wait();
            },
            ready,
            never);
        worker.Start();
        _ = ready.Wait();
        Console.WriteLine(manager.Address);
        _ = Console.ReadLine();
        return 0;
    }
}
