namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// A process ended while it held a lock, which has passed on. What the lock protects may be half changed: look at it, and
/// mend it, before using it.
/// </summary>
/// <param name="ProcessId">The process that ended.</param>
/// <param name="ExitCode">
/// How it ended: its exit code, or the negative number of the signal that killed it (-9 for SIGKILL);
/// <see langword="null"/> if the system no longer knows or tells it only to the parent.
/// </param>
public sealed record Abandonment(int ProcessId, int? ExitCode)
{
    /// <summary>One sentence for logs.</summary>
    public override string ToString() => $"Process {ProcessId} {How} while it held the lock.";

    private string How => ExitCode switch
    {
        null => "ended",
        < 0 => $"was killed by signal {-ExitCode}",
        _ => $"ended with exit code {ExitCode}",
    };
}
