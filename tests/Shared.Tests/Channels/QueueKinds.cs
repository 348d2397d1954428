using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Items that are copied as they lie in memory.</summary>
public sealed class BlockQueueTests : QueueContract<int, BlockQueueTests>, IQueueKind<int>
{
    public static ProcessQueueOptions Options { get; } = new();

    public static int Item(int number) => number;

    public static int Number(int item) => item;
}

/// <summary>Items that are copied as they lie in memory, of a size that nothing is a multiple of.</summary>
public sealed class OddBlockQueueTests : QueueContract<(byte First, short Second, byte Third, int Number, byte Last), OddBlockQueueTests>,
    IQueueKind<(byte First, short Second, byte Third, int Number, byte Last)>
{
    public static ProcessQueueOptions Options { get; } = new() { CapacityInBytes = 1 };

    public static (byte First, short Second, byte Third, int Number, byte Last) Item(int number) =>
        ((byte)number, (short)-number, (byte)~number, number, (byte)number);

    public static int Number((byte First, short Second, byte Third, int Number, byte Last) item)
    {
        Assert.Equal(Item(item.Number), item);
        return item.Number;
    }
}

/// <summary>Items that are serialized.</summary>
public sealed class MessageQueueTests : QueueContract<object?[], MessageQueueTests>, IQueueKind<object?[]>
{
    public static ProcessQueueOptions Options { get; } = new();

    public static object?[] Item(int number) => [number, null, new string('x', number % 100)];

    public static int Number(object?[] item)
    {
        Assert.Equal((int)item[0]! % 100, ((string)item[2]!).Length);
        return (int)item[0]!;
    }
}

/// <summary>Items of very different sizes in a ring that they go around all the time.</summary>
public sealed class TinyRingQueueTests : QueueContract<byte[], TinyRingQueueTests>, IQueueKind<byte[]>
{
    public static ProcessQueueOptions Options { get; } = new() { CapacityInBytes = 1 };

    public static byte[] Item(int number)
    {
        byte[] item = new byte[4 + (number * 37 % 400)];
        Array.Fill(item, (byte)number);
        BitConverter.TryWriteBytes(item, number);
        return item;
    }

    public static int Number(byte[] item)
    {
        int number = BitConverter.ToInt32(item);
        Assert.Equal(Item(number), item);
        return number;
    }
}

/// <summary>Items that are larger than the queue.</summary>
public sealed class LargeItemQueueTests : QueueContract<string, LargeItemQueueTests>, IQueueKind<string>
{
    private const int Length = 3000;

    public static ProcessQueueOptions Options { get; } = new() { CapacityInBytes = 1 };

    public static string Item(int number) => $"{number} {new string((char)('a' + (number % 26)), Length)}";

    public static int Number(string item)
    {
        int number = int.Parse(item.AsSpan(0, item.IndexOf(' ')), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(Item(number), item);
        return number;
    }
}
