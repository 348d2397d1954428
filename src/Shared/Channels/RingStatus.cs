namespace IpcDemos.Shared.Channels;

/// <summary>What came of an attempt to put or take.</summary>
internal enum RingStatus
{
    Done,

    /// <summary>There is no room, or no item.</summary>
    NotReady,

    /// <summary>Another thread or process is putting, or taking, right now.</summary>
    Contended,

    /// <summary>Nothing is put any more; and, when taking, nothing is left.</summary>
    Completed,
}
