using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

internal sealed partial class ProcessWatch
{
    private const uint SynchronizeAndQuery = 0x0010_1000;

    [SupportedOSPlatform("windows")]
    private bool StartWindows()
    {
        nint handle = OpenProcess(SynchronizeAndQuery, inheritHandle: 0, (uint)Process.ProcessId);
        if (handle == 0 || !Process.IsAlive)
        {
            ExitCode = handle != 0 ? WindowsExitCode(handle) : null;
            new SafeWaitHandle(handle, ownsHandle: true).Dispose();

            // A process that we may not open counts as running: nothing will ever tell us that it has ended.
            return Process.IsAlive;
        }

        // ThreadPool waits take any waitable handle; an event object is merely the framework's way to hold one.
        var waitable = new ManualResetEvent(initialState: false) { SafeWaitHandle = new SafeWaitHandle(handle, ownsHandle: true) };
        _ = ThreadPool.UnsafeRegisterWaitForSingleObject(
            waitable,
            (_, _) =>
            {
                int? exitCode = WindowsExitCode(handle);
                waitable.Dispose();
                End(exitCode);
            },
            null,
            Timeout.Infinite,
            executeOnlyOnce: true);
        return true;
    }

    private static int? WindowsExitCode(nint handle) => GetExitCodeProcess(handle, out int exitCode) != 0 ? exitCode : null;

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial nint OpenProcess(uint access, int inheritHandle, uint processId);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int GetExitCodeProcess(nint process, out int exitCode);
}
