using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Managers;

/// <summary>What a client says of itself.</summary>
/// <param name="Connection">What to talk over from now on.</param>
/// <param name="Name">Its process's name; empty if it does not say.</param>
/// <param name="ProcessId">Its process; 0 if it does not say.</param>
internal sealed record ClientGreeting(Connection Connection, string Name, int ProcessId);
