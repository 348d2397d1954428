namespace IpcDemos.Coordinator.Running;

/// <summary>A line that a process printed.</summary>
internal sealed record ScenarioLine(string Process, int ProcessId, string Text);
