using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>What a manager's server hosts at a moment, and for whom.</summary>
/// <param name="Objects">The shared objects.</param>
/// <param name="Clients">The connected processes.</param>
[MessagePackObject]
public sealed record ManagerInspection(
    [property: Key(0)] IReadOnlyList<SharedObjectInfo> Objects, [property: Key(1)] IReadOnlyList<ManagerClientInfo> Clients);
