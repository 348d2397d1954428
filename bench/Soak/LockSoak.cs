using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Bench.Soak;

/// <summary>Locks of all kinds whose holders and waiters are killed or stopped again and again; what they guard must balance.</summary>
internal static class LockSoak
{
    /// <summary>Whether everything held.</summary>
    public static Task<bool> RunAsync(TormentSoakOptions options, Action<string> report) => SoakRounds.RunAsync(
        options,
        report,
        ("lock", static duration => LockTorment.RunLockAsync(duration)),
        ("recursive lock", static duration => LockTorment.RunRecursiveLockAsync(duration)),
        ("semaphore", static duration => LockTorment.RunSemaphoreAsync(duration)));
}
