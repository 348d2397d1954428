namespace IpcDemos.Shared.Pools;

/// <summary>The first element of what a pool's worker sends: <c>[reply, microseconds, retires, payload?]</c>.</summary>
internal enum PoolReply
{
    /// <summary>The initializer has run, in that time; tasks are welcome.</summary>
    Ready = 0,

    /// <summary>The initializer threw; the error follows, and the worker ends.</summary>
    InitializerFailed = 1,

    /// <summary>The oldest unanswered task returned the value that follows, as its declared type.</summary>
    Result = 2,

    /// <summary>The oldest unanswered task returned; it has no result.</summary>
    NoResult = 3,

    /// <summary>The oldest unanswered task threw, or its result cannot travel; the error follows.</summary>
    Error = 4,

    /// <summary>The oldest unanswered task ended because it was cancelled.</summary>
    Cancelled = 5,
}
