namespace IpcDemos.Bench.Soak;

/// <summary>How hard to try.</summary>
/// <param name="Duration">For how long.</param>
/// <param name="Clients">How many client processes use the server.</param>
/// <param name="KillEvery">How often one of them is killed.</param>
/// <param name="Load">How many other processes take a processor each.</param>
internal sealed record ManagerSoakOptions(TimeSpan Duration, int Clients, TimeSpan KillEvery, int Load);
