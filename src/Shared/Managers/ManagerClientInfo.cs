using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>A process that is connected to a manager's server.</summary>
/// <param name="Name">What it calls itself.</param>
/// <param name="ProcessId">Its process id, as it says.</param>
/// <param name="ObjectCount">How many shared objects it refers to.</param>
/// <param name="WaitingCalls">How many of its calls are waiting in the server.</param>
/// <param name="CallCount">How many calls were carried out for it.</param>
/// <param name="SentProxies">How many proxies that it has sent to other processes are on their way, not yet received.</param>
[MessagePackObject]
public sealed record ManagerClientInfo(
    [property: Key(0)] string Name,
    [property: Key(1)] int ProcessId,
    [property: Key(2)] int ObjectCount,
    [property: Key(3)] int WaitingCalls,
    [property: Key(4)] long CallCount,
    [property: Key(5)] int SentProxies);
