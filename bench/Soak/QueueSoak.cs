using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Bench.Soak;

/// <summary>Queues of all kinds whose producers and consumers are killed or stopped again and again; every item is accounted for.</summary>
internal static class QueueSoak
{
    private const int LargeItem = 3000;

    private static readonly ProcessQueueOptions s_tiny = new() { CapacityInBytes = 1, CapacityInItems = 7 };

    /// <summary>Whether everything held.</summary>
    public static Task<bool> RunAsync(TormentSoakOptions options, Action<string> report) => SoakRounds.RunAsync(
        options,
        report,
        ("integers", duration => RunBlocksAsync(new ProcessQueueOptions(), QueueWays.Plain, duration)),
        ("integers, room for 3", duration => RunBlocksAsync(new ProcessQueueOptions { CapacityInItems = 3 }, QueueWays.Plain, duration)),
        ("integers in all ways", duration => RunBlocksAsync(new ProcessQueueOptions { CapacityInItems = 7 }, QueueWays.Mixed | QueueWays.MarksDone, duration)),
        ("integers, dropped", duration => RunBlocksAsync(
            new ProcessQueueOptions { CapacityInItems = 7, FullMode = QueueFullMode.DropOldest }, QueueWays.Mixed, duration)),
        ("messages", duration => RunMessagesAsync(new ProcessQueueOptions(), SmallItem, QueueWays.Plain, duration)),
        ("messages in all ways", duration => RunMessagesAsync(s_tiny, SmallItem, QueueWays.Mixed | QueueWays.MarksDone, duration)),
        ("messages larger than the queue", duration => RunMessagesAsync(
            s_tiny, OperatingSystem.IsLinux() ? LargerItem : SmallItem, QueueWays.Mixed | QueueWays.MarksDone, duration)));

    private static Task<string> RunBlocksAsync(ProcessQueueOptions options, QueueWays ways, TimeSpan duration) =>
        new QueueTorment<int>(options, static number => number, static item => item, ways, duration).RunAsync();

    private static Task<string> RunMessagesAsync(ProcessQueueOptions options, Func<int, byte[]> item, QueueWays ways, TimeSpan duration) =>
        new QueueTorment<byte[]>(options, item, NumberOf, ways, duration).RunAsync();

    private static byte[] SmallItem(int number) => Item(number, 0);

    private static byte[] LargerItem(int number) => Item(number, LargeItem);

    private static byte[] Item(int number, int least)
    {
        byte[] item = new byte[sizeof(int) + least + (number * 37 % 400)];
        Array.Fill(item, (byte)number);
        _ = BitConverter.TryWriteBytes(item, number);
        return item;
    }

    private static int NumberOf(byte[] item)
    {
        int number = BitConverter.ToInt32(item);
        int least = item.Length > LargeItem ? LargeItem : 0;
        return item.AsSpan().SequenceEqual(Item(number, least))
            ? number
            : throw new InvalidDataException($"Item {number} with {item.Length} bytes is torn.");
    }
}
