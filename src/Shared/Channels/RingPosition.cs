namespace IpcDemos.Shared.Channels;

/// <summary>
/// How far a queue has been filled or emptied since it was created: items in bits 32 to 63, units of the ring in bits 0 to 31.
/// One word, so that one store moves both: there is no instant at which an item is there but not counted.
/// </summary>
/// <remarks>
/// Both halves wrap around. The number of units in a ring is a power of two, so that a wrapped position still falls on the
/// right one, and differences are right as long as they are below 2³², which they are.
/// </remarks>
internal readonly record struct RingPosition(ulong Packed)
{
    public uint Items => (uint)(Packed >> 32);

    public uint Units => (uint)Packed;

    /// <summary>The position that many items and units further on.</summary>
    public RingPosition Advance(uint items, uint units) => new(((ulong)(Items + items) << 32) | (Units + units));
}
