namespace IpcDemos.Shared.Csp;

/// <summary>
/// A channel has been ended at once, by <see cref="ChannelEnd.Poison"/> or because a process with an end of it died or failed.
/// </summary>
public sealed class ChannelPoisonedException : ChannelEndedException
{
    internal ChannelPoisonedException(PoisonCause cause)
        : base(cause.Process == 0 ? "The channel has been poisoned." : $"The channel has been poisoned because {cause}.")
    {
        Cause = cause;
    }

    /// <summary>The process whose death or failure poisoned the network; <see langword="null"/> if it was poisoned on purpose.</summary>
    public int? ProcessId => Cause.Process == 0 ? null : Cause.Identity.ProcessId;

    /// <summary>How that process ended, or −N for signal N; <see langword="null"/> if the system does not tell.</summary>
    public int? ExitCode => Cause.Process == 0 ? null : Cause.KnownExitCode;

    internal PoisonCause Cause { get; }
}
