using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Managers;

/// <summary>What a server says of itself.</summary>
/// <param name="Connection">What to talk over from now on.</param>
/// <param name="Name">Its process's name.</param>
/// <param name="ProcessId">Its process.</param>
/// <param name="Origin">Whether all its clients are processes of one program.</param>
/// <param name="MaximumRequestLength">The longest request that it accepts, in bytes.</param>
internal sealed record ServerGreeting(Connection Connection, string Name, int ProcessId, MessageOrigin Origin, int MaximumRequestLength);
