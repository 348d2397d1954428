using IpcDemos.Bench.Harness;

namespace IpcDemos.Bench.Rows;

/// <summary>Every row, in the order of the table. A new group of rows is a file beside this one and a line here.</summary>
internal static class RowCatalog
{
    public static IReadOnlyList<BenchmarkRow> All(PythonInterpreter python) =>
    [
        .. StartRows.All(python),
        .. PingPongRows.All(python),
        .. OneWayRows.All(python),
        .. SerializationRows.All(python),
        .. MemoryRows.All(python),
        .. SynchronizationRows.All(python),
        .. QueueRows.All(python),
        .. ManagerRows.All(python),
        .. WarmStartRows.All(python),
        .. PoolRows.All(python),
        .. CspRows.All(),
    ];
}
