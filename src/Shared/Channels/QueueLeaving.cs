namespace IpcDemos.Shared.Channels;

/// <summary>How a process that has a queue open has left it, without disposing of it. The numbers are in shared memory.</summary>
internal enum QueueLeaving
{
    /// <summary>Not at all: if it ends so, it was killed or has crashed.</summary>
    Not = 0,

    /// <summary>It ends in order, and is done with all that it took.</summary>
    DoneWithItems = 1,

    /// <summary>It ends in order, but items are marked done: those that it took and has not marked are lost.</summary>
    WithItemsMarked = 2,
}
