namespace IpcDemos.Shared.Tests.Support;

/// <summary>How a worker that somebody else than its creator killed, such as itself, ends.</summary>
internal static class KilledExit
{
    /// <summary>Unix tells the signal; what kills a process on Windows gives its exit code, and .NET gives −1.</summary>
    public static int Code => OperatingSystem.IsWindows() ? -1 : -UnixSignal.Kill;
}
