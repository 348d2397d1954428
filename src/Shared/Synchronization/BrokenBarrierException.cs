namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// The barrier is broken: not all parties have come, or will come. <see cref="ProcessBarrier.Reset"/> makes it usable again.
/// </summary>
public sealed class BrokenBarrierException : Exception
{
    internal BrokenBarrierException(BarrierBreak cause, int processId, int? exitCode)
        : base(Describe(cause, processId, exitCode) + " Reset the barrier to use it again.")
    {
        Cause = cause;
        ProcessId = processId;
        ExitCode = exitCode;
    }

    /// <summary>What broke the barrier.</summary>
    public BarrierBreak Cause { get; }

    /// <summary>The process that broke it; if <see cref="Cause"/> is <see cref="BarrierBreak.ProcessEnded"/>, by ending.</summary>
    public int ProcessId { get; }

    /// <summary>
    /// How that process ended: its exit code, or the negative number of the signal that killed it;
    /// <see langword="null"/> if it has not ended or the system does not tell.
    /// </summary>
    public int? ExitCode { get; }

    private static string Describe(BarrierBreak cause, int processId, int? exitCode) => cause switch
    {
        BarrierBreak.Timeout => $"The barrier is broken: a party in process {processId} waited longer than its time-out.",
        BarrierBreak.Cancelled => $"The barrier is broken: a party in process {processId} cancelled its wait.",
        BarrierBreak.Aborted => $"The barrier was aborted by process {processId}.",
        BarrierBreak.Reset => $"The barrier was reset by process {processId} while parties waited.",
        BarrierBreak.ProcessEnded when exitCode is < 0 =>
            $"The barrier is broken: process {processId}, which takes part, was killed by signal {-exitCode}.",
        BarrierBreak.ProcessEnded =>
            $"The barrier is broken: process {processId}, which takes part, ended{(exitCode is null ? "" : $" with exit code {exitCode}")}.",
        BarrierBreak.ActionFailed => $"The barrier is broken: its action threw in process {processId}.",
        BarrierBreak.ActionMissing =>
            $"The barrier is broken: its action can only run in process {processId}, which created it and is not among the parties.",
        _ => "The barrier is broken.",
    };
}
