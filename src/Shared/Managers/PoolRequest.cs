using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>A call that a hosted pool is to run. Names a method, and so is only taken from processes of the same program.</summary>
/// <param name="Call">What the pool's worker reads.</param>
/// <param name="Name">What people know it by.</param>
/// <param name="IsCooperative">Whether it takes a token as its last argument.</param>
/// <param name="Timeout">How long it may run; as the pool says if null.</param>
/// <param name="Retries">How often it is run again if its worker dies; as the pool says if null.</param>
[MessagePackObject]
internal sealed record PoolRequest(
    [property: Key(0)] byte[] Call,
    [property: Key(1)] string Name,
    [property: Key(2)] bool IsCooperative,
    [property: Key(3)] TimeSpan? Timeout,
    [property: Key(4)] int? Retries);
