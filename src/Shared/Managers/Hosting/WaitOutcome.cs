namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>Why a wait ended without what was waited for.</summary>
internal enum WaitOutcome
{
    /// <summary>Its time was up.</summary>
    TimedOut,

    /// <summary>The client cancelled it.</summary>
    Cancelled,

    /// <summary>The client is gone.</summary>
    ClientGone,

    /// <summary>The object is gone, or the server is about to be.</summary>
    ObjectGone,
}
