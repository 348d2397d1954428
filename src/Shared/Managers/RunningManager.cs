namespace IpcDemos.Shared.Managers;

/// <summary>A manager's server that runs for this user, whichever program started it; see <see cref="ManagerRegistry"/>.</summary>
/// <param name="ProcessId">Its process.</param>
/// <param name="Name">That process's name; <see langword="null"/> if it did not answer.</param>
/// <param name="Address">Where clients find it; <see langword="null"/> if it did not answer.</param>
/// <param name="Inspection">What it hosts, and for whom; <see langword="null"/> if it did not answer.</param>
/// <param name="Problem">Why there is no answer, in words; <see langword="null"/> if there is one.</param>
public sealed record RunningManager(int ProcessId, string? Name, string? Address, ManagerInspection? Inspection, string? Problem);
