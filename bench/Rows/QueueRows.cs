using System.Threading.Channels;
using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Channels;

namespace IpcDemos.Bench.Rows;

/// <summary>Items through a queue to another process.</summary>
internal static class QueueRows
{
    private const string Script = "queue_rows.py";
    private const int Items = 1_000_000;
    private const int PythonItems = 50_000;
    private const int Records = 200_000;
    private const int RoundTrips = 20_000;
    private const int BatchLength = 256;

    public static IEnumerable<BenchmarkRow> All(PythonInterpreter python) =>
    [
        new(
            "queue/ints",
            "integers from one producer to one consumer: Put, Get",
            Unit.OperationsPerSecond,
            Contender.Ours(() => PerSecond<int>(PutInts, GetInts, Items)),
            python.Contender("CPython Queue", Script, "queue", PythonItems),
            python.Contender("CPython SimpleQueue", Script, "simple_queue", PythonItems),
            Contender.Limit("bounded Channel<int>, between threads", ChannelPerSecond)),
        new(
            "queue/ints-batched",
            $"the same with PutMany and GetMany, {BatchLength} at a time",
            Unit.OperationsPerSecond,
            Contender.Ours(() => PerSecond<int>(PutIntBatches, GetIntBatches, Items * 4)),
            python.Contender("CPython Queue", Script, "queue", PythonItems)),
        new(
            "queue/records",
            "records of six members from one producer to one consumer",
            Unit.OperationsPerSecond,
            Contender.Ours(() => PerSecond<Order>(PutRecords, GetRecords, Records)),
            python.Contender("CPython Queue", Script, "queue_records", PythonItems)),
        new(
            "queue/ping-pong",
            "an integer through one queue there and through another one back",
            Unit.Microseconds,
            Contender.Ours(RoundTrip),
            python.Contender("CPython Queue", Script, "ping_pong", RoundTrips / 4),
            python.Contender("CPython SimpleQueue", Script, "simple_ping_pong", RoundTrips / 4)),
    ];

    private static double PerSecond<T>(Action<ProcessQueue<T>, int> put, Action<ProcessQueue<T>, int> get, int count)
    {
        using var queue = new ProcessQueue<T>();
        return 1 / TwoProcesses.SecondsPerOperation(queue, put, get, count);
    }

    private static double RoundTrip()
    {
        using var there = new ProcessQueue<int>();
        using var back = new ProcessQueue<int>();
        return TwoProcesses.SecondsPerOperation(
            (there, back),
            static (queues, count) =>
            {
                for (int item = 0; item < count; item++)
                {
                    queues.there.Put(item);
                    _ = queues.back.Get();
                }
            },
            static (queues, count) =>
            {
                for (int item = 0; item < count; item++)
                {
                    queues.back.Put(queues.there.Get());
                }
            },
            RoundTrips) * 1e6;
    }

    private static double ChannelPerSecond()
    {
        Channel<int> channel = Channel.CreateBounded<int>(
            new BoundedChannelOptions(16 * 1024) { SingleReader = true, SingleWriter = true });
        return 1 / Timing.PerIteration(1, () =>
        {
            Task reading = Task.Run(async () =>
            {
                for (int item = 0; item < Items; item++)
                {
                    _ = await channel.Reader.ReadAsync();
                }
            });
            Task writing = Task.Run(async () =>
            {
                for (int item = 0; item < Items; item++)
                {
                    await channel.Writer.WriteAsync(item);
                }
            });
            Task.WaitAll(reading, writing);
        }) * Items;
    }

    private static void PutInts(ProcessQueue<int> queue, int count)
    {
        for (int item = 0; item < count; item++)
        {
            queue.Put(item);
        }
    }

    private static void GetInts(ProcessQueue<int> queue, int count)
    {
        for (int item = 0; item < count; item++)
        {
            _ = queue.Get();
        }
    }

    private static void PutIntBatches(ProcessQueue<int> queue, int count)
    {
        int[] batch = [.. Enumerable.Range(0, BatchLength)];
        for (int sent = 0; sent < count; sent += BatchLength)
        {
            _ = queue.PutMany(batch.AsSpan(0, Math.Min(BatchLength, count - sent)));
        }
    }

    private static void GetIntBatches(ProcessQueue<int> queue, int count)
    {
        int[] batch = new int[BatchLength];
        for (int received = 0; received < count;)
        {
            received += queue.GetMany(batch);
        }
    }

    private static void PutRecords(ProcessQueue<Order> queue, int count)
    {
        Order order = Order.Example;
        for (int item = 0; item < count; item++)
        {
            queue.Put(order);
        }
    }

    private static void GetRecords(ProcessQueue<Order> queue, int count)
    {
        for (int item = 0; item < count; item++)
        {
            _ = queue.Get();
        }
    }
}
