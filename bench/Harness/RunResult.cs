namespace IpcDemos.Bench.Harness;

/// <summary>One run of the benchmarks: where, when, and what came of each row.</summary>
/// <param name="Machine">Where.</param>
/// <param name="Date">When it ended.</param>
/// <param name="Rounds">How often everybody did each row's work.</param>
/// <param name="Rows">The rows that were measured.</param>
/// <param name="Failures">The rows that could not be measured, with the reason.</param>
internal sealed record RunResult(
    Machine Machine, DateTimeOffset Date, int Rounds, IReadOnlyList<RowResult> Rows, IReadOnlyList<string> Failures);
