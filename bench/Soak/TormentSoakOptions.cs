namespace IpcDemos.Bench.Soak;

/// <summary>How hard to try.</summary>
/// <param name="Duration">For how long.</param>
/// <param name="Load">How many other processes take a processor each.</param>
internal sealed record TormentSoakOptions(TimeSpan Duration, int Load);
