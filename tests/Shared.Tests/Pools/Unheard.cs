using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

/// <summary>
/// A pool whose only worker is not heard: the thread that reads its answers is held while it takes one. Behind that, the worker has
/// answered another task, and runs a third.
/// </summary>
internal sealed class Unheard : IAsyncDisposable
{
    private const int Fillers = 20;
    private static ManualResetEventSlim? s_hold;

    private Unheard(ProcessPool pool, int processId, Task<int> answered, Task<int> running)
    {
        (Pool, ProcessId, Answered, Running) = (pool, processId, answered, running);
    }

    public ProcessPool Pool { get; }

    public int ProcessId { get; }

    public Task<int> Answered { get; }

    public Task<int> Running { get; }

    /// <param name="started">Set by what runs.</param>
    /// <param name="answered">Submits what is answered.</param>
    /// <param name="running">Submits what then runs.</param>
    public static async Task<Unheard> CreateAsync(
        ProcessEvent started, Func<ProcessPool, Task<int>> answered, Func<ProcessPool, Task<int>> running)
    {
        Wine.SkipHere("a worker answers too slowly for tasks to be sent ahead to it.");
        while (true)
        {
            var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, CancellationGrace = TimeSpan.FromSeconds(3) });
            await Task.WhenAll(Enumerable.Range(0, 500).Select(number => pool.Submit(PoolTasks.Double, number)));
            int process = await pool.Submit(PoolTasks.ProcessId);
            using var gate = new ProcessEvent();
            s_hold = new ManualResetEventSlim();
            _ = pool.Submit(ReturnHeld, gate);
            var unheard = new Unheard(pool, process, answered(pool), running(pool));
            for (int number = 0; number < Fillers; number++)
            {
                _ = pool.Submit(PoolTasks.Double, number);
            }

            // Else the worker was too slow just now for anything to be sent ahead to it.
            if (pool.GetInsights().Pending <= Fillers)
            {
                gate.Set();
                await started.WaitAsync();
                return unheard;
            }

            await unheard.DisposeAsync();
        }
    }

    public static void Hear() => s_hold!.Set();

    public async ValueTask DisposeAsync()
    {
        Hear();
        await Pool.StopAsync();
    }

    private static Held ReturnHeld(ProcessEvent gate)
    {
        gate.Wait();
        return new Held { Number = 1 };
    }

    internal sealed class Held
    {
        public int Number
        {
            get;
            set
            {
                field = value;
                s_hold?.Wait(); // where the answer is taken; in the worker there is none
            }
        }
    }
}
