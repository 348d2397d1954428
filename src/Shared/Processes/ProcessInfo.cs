namespace IpcDemos.Shared.Processes;

/// <summary>A process as others of its tree know it: itself (<see cref="WorkerProcess.Current"/>) or its creator.</summary>
/// <param name="Name">Its name: <c>MainProcess</c> for the root.</param>
/// <param name="ProcessId">Its process id.</param>
/// <param name="IsDaemon">Whether it ends when its creator does, finished or not.</param>
public sealed record ProcessInfo(string Name, int ProcessId, bool IsDaemon)
{
    /// <summary>The name that the root of every process tree has.</summary>
    public const string MainProcessName = "MainProcess";
}
