namespace IpcDemos.Shared.Csp;

/// <summary>Whether and how a channel has ended. Only grows.</summary>
internal enum ChannelEnding
{
    None = 0,

    /// <summary>The last writer has left: what is in the buffer can still be read.</summary>
    WritersRetired = 1,

    /// <summary>The last reader has left.</summary>
    ReadersRetired = 2,

    Poisoned = 3,
}
