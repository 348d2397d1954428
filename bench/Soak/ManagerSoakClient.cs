using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Memory;

namespace IpcDemos.Bench.Soak;

/// <summary>What every client does until it is killed: everything that leaves something with the server while it lasts.</summary>
internal static class ManagerSoakClient
{
    /// <summary>The number, in the shared namespace, of rounds that have ended.</summary>
    public const string Rounds = "rounds";

    /// <summary>How many clients are inside the lock.</summary>
    public const string Inside = "inside";

    /// <summary>How often there was more than one.</summary>
    public const string Crowds = "crowds";

    /// <param name="address">Where the server is.</param>
    /// <param name="key">Its key.</param>
    /// <param name="space">What all share.</param>
    /// <param name="mutex">Guards <see cref="Inside"/>.</param>
    /// <param name="slots">Held for a moment in each round.</param>
    /// <param name="queue">An item goes in and another comes out.</param>
    /// <param name="progress">Counts each client's rounds, in memory that outlives it.</param>
    /// <param name="index">Which client this is.</param>
    public static void Run(
        ConnectionAddress address,
        AuthenticationKey key,
        SharedNamespace space,
        SharedLock mutex,
        SharedSemaphore slots,
        SharedQueue<int> queue,
        SharedArray<long> progress,
        int index)
    {
        using Manager manager = Manager.Connect(address, key);
        while (true)
        {
            UseObjects(manager);
            PassTheLock(mutex, space);
            using (slots.Hold())
            {
                queue.Put(index);
            }

            _ = queue.Get();
            space.Increment(Rounds, 1L);
            progress[index]++;
        }
    }

    private static void UseObjects(Manager manager)
    {
        using SharedList<SharedDictionary<string, int>> outer = manager.CreateList<SharedDictionary<string, int>>();
        using (SharedDictionary<string, int> inner = manager.CreateDictionary<string, int>())
        {
            inner["x"] = 1;
            outer.Add(inner);
        }

        using SharedDictionary<string, int> back = outer[0];
        if (back["x"] != 1)
        {
            throw new InvalidOperationException("A dictionary within a list has lost its entry.");
        }
    }

    private static void PassTheLock(SharedLock mutex, SharedNamespace space)
    {
        if (mutex.Acquire().IsAbandoned)
        {
            space.Set(Inside, 0); // whoever it was had no time to go out
        }

        if (space.Increment(Inside, 1) != 1)
        {
            space.Increment(Crowds, 1);
        }

        space.Increment(Inside, -1);
        mutex.Release();
    }
}
