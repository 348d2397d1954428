namespace IpcDemos.Bench.Soak;

/// <summary>How hard to try.</summary>
/// <param name="Tasks">How many tasks.</param>
/// <param name="Workers">How many workers run them.</param>
/// <param name="KillEvery">How often one of them is killed.</param>
/// <param name="TasksPerKill">How many tasks have to end for each worker that is killed; 0: any number.</param>
/// <param name="Batch">How many tasks are one chunk of a map; 1: each is submitted by itself.</param>
/// <param name="Spares">How many processes are kept started for the pool to take its workers from.</param>
/// <param name="Retries">How often a task may be run again; 0: each ends with a result or with the news of its worker's death.</param>
/// <param name="Load">How many other processes take a processor each.</param>
internal sealed record PoolSoakOptions(int Tasks, int Workers, TimeSpan KillEvery, int TasksPerKill, int Batch, int Spares, int Retries, int Load);
