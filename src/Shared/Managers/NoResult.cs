namespace IpcDemos.Shared.Managers;

/// <summary>The result of a call whose answer nobody reads.</summary>
internal readonly struct NoResult;
