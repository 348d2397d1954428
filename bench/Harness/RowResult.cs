namespace IpcDemos.Bench.Harness;

/// <summary>A row's outcome.</summary>
internal sealed record RowResult(string Name, string Work, Unit Unit, Figures Ours, IReadOnlyList<Comparison> Others);
