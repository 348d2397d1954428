using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>Ends the process as an error in native code does.</summary>
internal static partial class NativeCrash
{
    /// <summary>Reads at an address that is nobody's; never returns.</summary>
    public static int Now() => (int)(OperatingSystem.IsWindows() ? LengthOfOnWindows(1) : LengthOf(1));

    [LibraryImport("libc", EntryPoint = "strlen")]
    private static partial nuint LengthOf(nint text);

    [LibraryImport("msvcrt", EntryPoint = "strlen")]
    private static partial nuint LengthOfOnWindows(nint text);
}
