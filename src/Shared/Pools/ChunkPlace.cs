using MessagePack;

namespace IpcDemos.Shared.Pools;

/// <summary>Where a chunk's values are: in its messages, or in a slot of the pool's memory.</summary>
/// <param name="Slot">Which slot; -1 for none.</param>
/// <param name="Count">How many items the chunk has.</param>
/// <param name="HasItems">Whether the items are in the slot.</param>
/// <param name="TakesResults">Whether the results are to be put there.</param>
[MessagePackObject]
internal readonly record struct ChunkPlace(
    [property: Key(0)] int Slot, [property: Key(1)] int Count, [property: Key(2)] bool HasItems, [property: Key(3)] bool TakesResults);
