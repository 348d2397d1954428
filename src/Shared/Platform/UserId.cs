using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

/// <summary>The user that this process runs as, on Unix.</summary>
internal static partial class UserId
{
    /// <summary>The effective user id: what decides what this process may do.</summary>
    public static uint Current => GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}
