using IpcDemos.Shared.Processes;
using MessagePack;

namespace IpcDemos.Shared.Pools;

/// <summary>What became of a chunk: results, up to the first item that failed.</summary>
/// <param name="Count">How many results there are.</param>
/// <param name="Results">In the items' order; null if they are in the chunk's slot.</param>
/// <param name="Error">What the item after those threw; null if none did.</param>
/// <param name="ProcessName">The worker.</param>
/// <param name="ProcessId">Its process id.</param>
/// <param name="Microseconds">How long the items took.</param>
[MessagePackObject]
internal sealed record ChunkResult<TResult>(
    [property: Key(0)] int Count,
    [property: Key(1)] TResult[]? Results,
    [property: Key(2)] RemoteError? Error,
    [property: Key(3)] string ProcessName,
    [property: Key(4)] int ProcessId,
    [property: Key(5)] double Microseconds);
