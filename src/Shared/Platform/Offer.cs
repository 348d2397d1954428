namespace IpcDemos.Shared.Platform;

/// <summary>Something that travels in a message and is somebody's to take until then.</summary>
/// <param name="Revoke">Takes it back; does nothing if it has been taken.</param>
/// <param name="IsUsedUp">Whether only the first who reads the message can take it.</param>
internal readonly record struct Offer(Action Revoke, bool IsUsedUp);
