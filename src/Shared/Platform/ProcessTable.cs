namespace IpcDemos.Shared.Platform;

/// <summary>This user's processes and their command lines, as the system lists them.</summary>
internal static class ProcessTable
{
    /// <summary>
    /// Those processes of this user whose command line has <paramref name="marker"/> as one of its arguments. Processes that end
    /// while they are being looked at are left out.
    /// </summary>
    public static IEnumerable<ProcessEntry> Find(string marker) =>
        OperatingSystem.IsLinux() ? LinuxProcessTable.Find(marker)
        : OperatingSystem.IsWindows() ? WindowsProcessTable.Find(marker)
        : MacProcessTable.Find(marker);
}
