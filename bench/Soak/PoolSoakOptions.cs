namespace IpcDemos.Bench.Soak;

/// <summary>How hard to try.</summary>
/// <param name="Tasks">How many tasks.</param>
/// <param name="Workers">How many workers run them.</param>
/// <param name="KillEvery">How often one of them is killed.</param>
/// <param name="TasksPerKill">
/// How many tasks have to end for each worker that is killed; 0: any number. A worker takes 50 to 100 ms of a processor to start, so that
/// one every few milliseconds is more than two processors can replace: almost nothing would ever run.
/// </param>
/// <param name="Retries">How often a task may be run again; 0: each ends with a result or with the news of its worker's death.</param>
/// <param name="Load">How many other processes take a processor each.</param>
internal sealed record PoolSoakOptions(int Tasks, int Workers, TimeSpan KillEvery, int TasksPerKill, int Retries, int Load);
