namespace IpcDemos.Shared.Synchronization;

/// <summary>Who had a lock within its process, and how often it was acquired.</summary>
internal readonly record struct LockDepth(ulong Owner, int Depth);
