namespace IpcDemos.Bench.Soak;

/// <summary>How hard to try.</summary>
/// <param name="Tasks">How many tasks.</param>
/// <param name="Workers">How many workers run them.</param>
/// <param name="KillEvery">How often one of them is killed.</param>
/// <param name="Retries">How often a task may be run again; 0: each ends with a result or with the news of its worker's death.</param>
/// <param name="Load">How many other processes take a processor each.</param>
internal sealed record PoolSoakOptions(int Tasks, int Workers, TimeSpan KillEvery, int Retries, int Load);
