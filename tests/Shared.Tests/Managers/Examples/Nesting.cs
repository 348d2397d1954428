using IpcDemos.Shared.Managers;

namespace IpcDemos.Shared.Tests.Managers.Examples;

/// <summary>An object that lives because another one refers to it.</summary>
internal static class Nesting
{
    public static int Run(Manager manager)
    {
        using SharedDictionary<string, SharedQueue<int>> queues = manager.CreateDictionary<string, SharedQueue<int>>();
        using (SharedQueue<int> jobs = manager.CreateQueue<int>())
        {
            queues["jobs"] = jobs;             // the dictionary keeps it
        }

        using SharedQueue<int> found = queues["jobs"];
        found.Put(42);
        return found.Get();
    }
}
