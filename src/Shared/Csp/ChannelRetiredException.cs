namespace IpcDemos.Shared.Csp;

/// <summary>
/// A channel has ended in order: everybody on its other side has left. Readers see this only after they have read what was left in
/// its buffer.
/// </summary>
public sealed class ChannelRetiredException : ChannelEndedException
{
    internal ChannelRetiredException(ChannelEnding ending)
        : base(ending == ChannelEnding.WritersRetired
            ? "The channel has been retired: its last writer has left, so nothing will come any more."
            : "The channel has been retired: its last reader has left, so nobody would take the item.")
    {
    }
}
