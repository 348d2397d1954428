using System.Collections.Concurrent;
using IpcDemos.Shared.Managers;

namespace IpcDemos.Shared.Tests.Managers.Examples;

/// <summary>Hears of every change, until it is stopped.</summary>
internal static class Prices
{
    public static async Task WatchAsync(SharedDictionary<string, int> prices, ConcurrentQueue<string> seen, CancellationToken stop)
    {
        await foreach (SharedChange<string> change in prices.WatchAsync(stop))
        {
            if (change.Kind == SharedChangeKind.Set && prices.TryGetValue(change.Key!, out int price))
            {
                seen.Enqueue($"{change.Key} = {price}");
            }
        }
    }
}
