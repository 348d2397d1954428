using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Memory;

namespace IpcDemos.Bench.Rows;

/// <summary>The life of a block of shared memory.</summary>
internal static class MemoryRows
{
    private const int Length = 1 << 20;
    private const int Count = 2_000;

    public static IEnumerable<BenchmarkRow> All(PythonInterpreter python) =>
    [
        new(
            "memory/named-1MiB",
            "create 1 MiB of named shared memory, attach to it, close both, remove it",
            Unit.Microseconds,
            Contender.Ours(() => Timing.PerIteration(Count, Named) * 1e6),
            python.Contender("CPython SharedMemory", "memory_rows.py", "named", Length, Count)),
        new(
            "memory/named-1MiB-written",
            "the same, and a byte written to every page in between",
            Unit.Microseconds,
            Contender.Ours(() => Timing.PerIteration(Count, NamedWritten) * 1e6),
            python.Contender("CPython SharedMemory", "memory_rows.py", "named_written", Length, Count)),
        new(
            "memory/value",
            "create a shared integer and let it go",
            Unit.Microseconds,
            Contender.Ours(() => Timing.PerIteration(Count * 50, Value) * 1e6),
            python.Contender("CPython Value('q')", "memory_rows.py", "value", Count * 5)),
    ];

    private static void Named()
    {
        using SharedMemory created = SharedMemory.CreateNamed(name: null, Length);
        using SharedMemory attached = SharedMemory.Open(created.Name!);
    }

    private static void NamedWritten()
    {
        using SharedMemory created = SharedMemory.CreateNamed(name: null, Length);
        using SharedMemory attached = SharedMemory.Open(created.Name!);
        Span<byte> bytes = attached.Span;
        for (int index = 0; index < bytes.Length; index += Environment.SystemPageSize)
        {
            bytes[index] = 1;
        }
    }

    private static void Value()
    {
        using var value = new SharedValue<long>(1);
    }
}
