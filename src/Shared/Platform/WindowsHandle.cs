using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>Handles of Windows, whatever they are of.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsHandle
{
    /// <summary>This process, as a handle that need not be closed.</summary>
    public static nint CurrentProcess => GetCurrentProcess();

    /// <summary>Another handle of the same, for the process that the second handle is of. It is not inherited. False, with the last error set.</summary>
    public static bool TryDuplicate(SafeHandle handle, nint process, out nint copy)
    {
        const uint sameAccess = 2;
        return DuplicateHandle(GetCurrentProcess(), handle, process, out copy, 0, false, sameAccess);
    }

    [LibraryImport("kernel32")]
    private static partial nint GetCurrentProcess();

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool DuplicateHandle(
        nint sourceProcess, SafeHandle source, nint targetProcess, out nint target, uint access,
        [MarshalAs(UnmanagedType.Bool)] bool inherit, uint options);
}
