using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Csp;

/// <summary>Why a channel was poisoned.</summary>
/// <param name="Process">The process that died or failed, packed; 0 if it was poisoned on purpose.</param>
/// <param name="ExitCode">How it ended; <see cref="Unknown"/> if that is not known.</param>
internal readonly record struct PoisonCause(ulong Process, int ExitCode)
{
    public const int Unknown = int.MinValue;

    public ProcessIdentity Identity => ProcessIdentity.FromPacked(Process);

    public int? KnownExitCode => ExitCode == Unknown ? null : ExitCode;

    public static PoisonCause Of(ProcessIdentity process, int? exitCode) => new(process.Packed, exitCode ?? Unknown);

    public override string ToString() => $"process {Identity.ProcessId} " + ExitCode switch
    {
        Unknown => "ended while it had an end of it, or of a channel next to it",
        < 0 => $"was killed by signal {-ExitCode}",
        _ => $"failed with exit code {ExitCode}",
    };
}
