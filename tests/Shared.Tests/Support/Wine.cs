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

    /// <summary>
    /// How often a test does what it does very often elsewhere: a tenth as often here, where calls of the system take many times as long.
    /// </summary>
    public static int Times(int count) => IsHost ? Math.Max(2, count / 10) : count;

    /// <summary>Skips a test in which a thread of this process is busy without ever calling the system, and others must get on.</summary>
    /// <remarks>
    /// For a collection .NET stops each thread where it is, unless the system says that the thread is in one of its calls. Wine says
    /// so of every thread. So .NET lets it go on until it calls the system by itself, and everybody else waits for the collection.
    /// </remarks>
    public static void SkipBusyThread() => SkipHere("a garbage collection waits for a thread that never calls the system.");
}
