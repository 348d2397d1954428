using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>Wine, which runs the Windows build of the tests on Linux and lacks some of what Windows has.</summary>
internal static class Wine
{
    public static bool IsHost { get; } = OperatingSystem.IsWindows()
        && NativeLibrary.TryLoad("ntdll", out nint library)
        && NativeLibrary.TryGetExport(library, "wine_get_version", out _);

    /// <summary>Skips the test where it could only show what Wine lacks.</summary>
    public static void SkipHere(string lack) => Assert.SkipWhen(IsHost, "Wine is not Windows here: " + lack);
}
