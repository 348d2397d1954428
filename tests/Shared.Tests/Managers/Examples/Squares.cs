using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Pools;

namespace IpcDemos.Shared.Tests.Managers.Examples;

/// <summary>A pool for all who have the proxy.</summary>
internal static class Squares
{
    public static async Task<int[]> RunAsync(Manager manager)
    {
        using SharedPool pool = manager.CreatePool(new ProcessPoolOptions { WorkerCount = 2 });
        int[] squares = await pool.MapAsync((int number) => number * number, Enumerable.Range(1, 4));
        return squares;
    }
}
