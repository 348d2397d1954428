namespace IpcDemos.Coordinator.Running;

/// <summary>How a worker process ended; no exit code if it could not be started.</summary>
internal sealed record WorkerExit(string Name, int? ProcessId, int? ExitCode);
