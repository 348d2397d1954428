namespace IpcDemos.Shared.Managers;

/// <summary>What the third element of a server's message is.</summary>
internal enum ReplyKind
{
    /// <summary>What the call returned.</summary>
    Result = 0,

    /// <summary>Why it failed: a <see cref="FailureCode"/> and a description.</summary>
    Failure = 1,

    /// <summary>One of many results of a call that goes on, such as a change that is watched for.</summary>
    Item = 2,

    /// <summary>The server is about to end the connection; a text says why.</summary>
    Closing = 3,
}
