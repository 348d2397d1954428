namespace IpcDemos.Shared.Platform;

/// <summary>One row of the system's process table.</summary>
internal sealed record ProcessEntry(int ProcessId, int ParentProcessId, IReadOnlyList<string> Arguments);
