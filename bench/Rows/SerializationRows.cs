using System.Buffers;
using System.Text.Json;
using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Bench.Rows;

/// <summary>Writing a value as a message and reading it again, within one process.</summary>
internal static class SerializationRows
{
    private const string Script = "serialization_rows.py";
    private const int RecordIterations = 100_000;
    private const int IntegerCount = 1_000_000;
    private const int IntegerIterations = 10;

    private static readonly int[] s_integers = [.. Enumerable.Range(0, IntegerCount)];

    public static IEnumerable<BenchmarkRow> All(PythonInterpreter python) =>
    [
        new(
            "serialization/record",
            "a record of six members, two strings in a list among them, written and read",
            Unit.Microseconds,
            Contender.Ours(() => MessagePack(Order.Example, RecordIterations) * 1e6),
            python.Contender("CPython pickle", Script, "record", RecordIterations),
            Contender.DotNet("System.Text.Json", () => Json(Order.Example, RecordIterations) * 1e6)),
        new(
            "serialization/1M-ints",
            "an array of a million 32-bit integers, written and read",
            Unit.Milliseconds,
            Contender.Ours(() => MessagePack(s_integers, IntegerIterations) * 1e3),
            python.Contender("CPython pickle, list", Script, "list_of_ints", IntegerCount, IntegerIterations),
            python.Contender("CPython pickle, array.array", Script, "array_of_ints", IntegerCount, IntegerIterations),
            Contender.DotNet("System.Text.Json", () => Json(s_integers, IntegerIterations) * 1e3),
            Contender.Limit("two copies", () => TwoCopies() * 1e3)),
    ];

    private static double MessagePack<T>(T value, int iterations)
    {
        var writer = new ArrayBufferWriter<byte>();
        return Timing.PerIteration(iterations, () =>
        {
            writer.ResetWrittenCount();
            MessageSerializer.Serialize(writer, value);
            _ = MessageSerializer.Deserialize<T>(writer.WrittenMemory);
        });
    }

    private static double Json<T>(T value, int iterations)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        return Timing.PerIteration(iterations, () =>
        {
            buffer.ResetWrittenCount();
            writer.Reset();
            JsonSerializer.Serialize(writer, value);
            _ = JsonSerializer.Deserialize<T>(buffer.WrittenSpan);
        });
    }

    private static double TwoCopies()
    {
        var message = new int[IntegerCount];
        return Timing.PerIteration(IntegerIterations, () =>
        {
            s_integers.AsSpan().CopyTo(message);
            _ = message.ToArray();
        });
    }
}
