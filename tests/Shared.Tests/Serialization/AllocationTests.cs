using System.Buffers;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Tests.Serialization;

public sealed class AllocationTests
{
    private const int Repetitions = 2_000;

    [Fact(Timeout = 60_000)]
    public async Task Writing_a_small_value_allocates_nothing()
    {
        await Task.Run(static () =>
        {
            var writer = new ArrayBufferWriter<byte>(4096);
            AssertAllocates(0, () => Write(writer, 42));
            AssertAllocates(0, () => Write(writer, "hello"));
            AssertAllocates(0, () => Write(writer, "a text of more than a few characters, with an é in it"));
            var order = new Order(1, "book", 9.5, DateTime.UnixEpoch);
            AssertAllocates(0, () => Write(writer, order));
            AssertAllocates(0, () => Write(writer, (1, 2.5)));
            int[] numbers = [1, 2, 3];
            AssertAllocates(0, () => Write(writer, numbers));
            object?[] mixed = [42, null, "hello"];
            AssertAllocates(0, () => Write(writer, mixed));
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Reading_a_small_value_allocates_the_value_only()
    {
        await Task.Run(static () =>
        {
            byte[] number = MessageSerializer.Serialize(42);
            AssertAllocates(0, () => MessageSerializer.Deserialize<int>(number));
            byte[] text = MessageSerializer.Serialize("hello");
            AssertAllocates(SizeOf(() => new string('a', 5)), () => MessageSerializer.Deserialize<string>(text));
            byte[] order = MessageSerializer.Serialize(new Order(1, "book", 9.5, DateTime.UnixEpoch));
            AssertAllocates(SizeOf(() => new Order(1, new string('a', 4), 9.5, DateTime.UnixEpoch)), () => MessageSerializer.Deserialize<Order>(order));
            byte[] pair = MessageSerializer.Serialize((1, 2.5));
            AssertAllocates(0, () => MessageSerializer.Deserialize<(int, double)>(pair));
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_returned_as_an_array_costs_that_array_only()
    {
        await Task.Run(static () =>
        {
            AssertAllocates(SizeOf(static () => new byte[1]), static () => MessageSerializer.Serialize(42));
            AssertAllocates(SizeOf(static () => new byte[6]), static () => MessageSerializer.Serialize("hello"));
        }, TestContext.Current.CancellationToken);
    }

    private static void Write<T>(ArrayBufferWriter<byte> writer, T value)
    {
        writer.ResetWrittenCount();
        MessageSerializer.Serialize(writer, value);
    }

    private static long SizeOf(Func<object> create)
    {
        create();
        long before = GC.GetAllocatedBytesForCurrentThread();
        create();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void AssertAllocates(long expected, Action action)
    {
        // What is set up once, and what the compiler's tiers do, is over after a few rounds; from then on every round must be the same.
        long best = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Repetitions; i++)
            {
                action();
            }

            best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(expected * Repetitions, best);
    }

    private sealed record Order(int Id, string Title, double Price, DateTime When);
}
