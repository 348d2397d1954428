using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>A shared object, for people.</summary>
/// <param name="TypeName">What it is.</param>
/// <param name="Name">The name it was published under; <see langword="null"/> if none.</param>
/// <param name="Text">Its size or state in words.</param>
/// <param name="ClientReferences">How many references connected processes, messages on their way and its name hold.</param>
/// <param name="StoredReferences">How many references values in other shared objects hold.</param>
[MessagePackObject]
public sealed record SharedObjectInfo(
    [property: Key(0)] string TypeName,
    [property: Key(1)] string? Name,
    [property: Key(2)] string Text,
    [property: Key(3)] int ClientReferences,
    [property: Key(4)] int StoredReferences);
