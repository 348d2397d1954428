using IpcDemos.Shared.Processes;
using MessagePack;

namespace IpcDemos.Shared.Pools;

/// <summary>What became of a chunk: results, up to the first item that failed.</summary>
/// <param name="Results">In the items' order.</param>
/// <param name="Error">What the item after those threw; null if none did.</param>
/// <param name="ProcessName">The worker.</param>
/// <param name="ProcessId">Its process id.</param>
/// <param name="Microseconds">How long the items took.</param>
[MessagePackObject]
internal sealed record ChunkResult<TResult>(
    [property: Key(0)] TResult[] Results,
    [property: Key(1)] RemoteError? Error,
    [property: Key(2)] string ProcessName,
    [property: Key(3)] int ProcessId,
    [property: Key(4)] double Microseconds);
