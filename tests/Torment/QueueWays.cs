namespace IpcDemos.Shared.Tests.Support;

/// <summary>Which calls tormented processes use on a queue.</summary>
[Flags]
internal enum QueueWays
{
    /// <summary>Put and Get, as fast as it goes.</summary>
    Plain = 0,

    /// <summary>All ways to put and to take in turn: waiting and awaiting, one and many, with time-outs, and cancelled.</summary>
    Mixed = 1,

    /// <summary>Each item is marked done when it has been noted.</summary>
    MarksDone = 2,
}
