namespace IpcDemos.Shared.Processes;

/// <summary>A call failed in another process. <see cref="Error"/> tells what was thrown there, and where.</summary>
public sealed class RemoteException : Exception
{
    internal RemoteException(string processName, int processId, RemoteError error)
        : base($"{error.TypeName} in {processName} (PID {processId}): {error.Message}")
    {
        ProcessName = processName;
        ProcessId = processId;
        Error = error;
    }

    /// <summary>The name of the process in which the call failed.</summary>
    public string ProcessName { get; }

    /// <summary>Its process id.</summary>
    public int ProcessId { get; }

    /// <summary>What was thrown.</summary>
    public RemoteError Error { get; }

    /// <summary>The local text, and behind it the remote one with its stack.</summary>
    public override string ToString() =>
        $"{base.ToString()}{Environment.NewLine}--- in {ProcessName} (PID {ProcessId}) ---{Environment.NewLine}{Error}";
}
