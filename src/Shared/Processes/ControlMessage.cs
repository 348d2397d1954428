namespace IpcDemos.Shared.Processes;

/// <summary>The first element of every frame after the call, in either direction.</summary>
internal enum ControlMessage
{
    /// <summary>To the worker: end yourself, politely. Where there is no SIGTERM.</summary>
    Stop = 0,

    /// <summary>From the worker: the call returned this value, which follows as its declared type.</summary>
    Result = 1,

    /// <summary>From the worker: the call threw; a <see cref="RemoteError"/> follows.</summary>
    Error = 2,

    /// <summary>From the worker: it exits of its own accord, with the code that follows.</summary>
    Exiting = 3,
}
