namespace IpcDemos.Shared.Channels;

/// <summary>A process that ended without a chance to clean up while it used a <see cref="ProcessQueue{T}"/>, and what it had of it.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="ExitCode">
/// How it ended: its exit code, or the negative number of the signal that killed it (-9 for SIGKILL);
/// <see langword="null"/> if the system does not tell.
/// </param>
/// <param name="Taken">How many items it had taken from the queue, exactly: also one whose taking it died in.</param>
/// <param name="MarkedDone">For how many of them it had called <see cref="ProcessQueue{T}.TaskDone"/>.</param>
public sealed record QueueLoss(int ProcessId, int? ExitCode, long Taken, long MarkedDone)
{
    /// <summary>How many items it had taken and not marked done: those may be lost. If nobody marks items, all it ever took.</summary>
    public long Unfinished => Math.Max(0, Taken - MarkedDone);

    /// <summary>One sentence for logs.</summary>
    public override string ToString() =>
        $"Process {ProcessId} {How} with {Unfinished} of the {Taken} items that it had taken from the queue not marked done.";

    private string How => ExitCode switch
    {
        null => "ended",
        < 0 => $"was killed by signal {-ExitCode}",
        _ => $"ended with exit code {ExitCode}",
    };
}
