namespace IpcDemos.Shared.Synchronization;

/// <summary>What broke a <see cref="ProcessBarrier"/>.</summary>
public enum BarrierBreak
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A party's wait timed out.</summary>
    Timeout = 1,

    /// <summary>A party's wait was cancelled, or its barrier object disposed of.</summary>
    Cancelled = 2,

    /// <summary><see cref="ProcessBarrier.Abort"/> was called.</summary>
    Aborted = 3,

    /// <summary><see cref="ProcessBarrier.Reset"/> was called while parties waited.</summary>
    Reset = 4,

    /// <summary>A process that takes part has ended.</summary>
    ProcessEnded = 5,

    /// <summary>The action threw.</summary>
    ActionFailed = 6,

    /// <summary>All have arrived, but none of them in the process that has the action.</summary>
    ActionMissing = 7,
}
