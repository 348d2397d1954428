using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

internal readonly partial record struct ProcessIdentity
{
    private static partial class Windows
    {
        private const uint QueryLimitedInformation = 0x1000;
        private const uint Synchronize = 0x0010_0000;
        private const int InvalidParameter = 87;
        private const uint StillRunning = 258;
        private const long TicksPerMillisecond = 10_000;

        public static Existence Look(int processId, out uint startTime)
        {
            startTime = 0;
            nint handle = OpenProcess(QueryLimitedInformation | Synchronize, inheritHandle: 0, (uint)processId);
            if (handle == 0)
            {
                return Marshal.GetLastPInvokeError() == InvalidParameter ? Existence.Ended : Existence.Unknown;
            }

            // A process stays open-able after its end for as long as anybody holds a handle to it; hence the wait.
            bool known = GetProcessTimes(handle, out long created, out _, out _, out _) != 0;
            bool running = WaitForSingleObject(handle, 0) == StillRunning;
            _ = CloseHandle(handle);
            startTime = (uint)(created / TicksPerMillisecond);
            return !running ? Existence.Ended : known ? Existence.Running : Existence.Unknown;
        }

        [LibraryImport("kernel32", SetLastError = true)]
        private static partial nint OpenProcess(uint access, int inheritHandle, uint processId);

        [LibraryImport("kernel32", SetLastError = true)]
        private static partial int GetProcessTimes(nint process, out long creation, out long exit, out long kernel, out long user);

        [LibraryImport("kernel32", SetLastError = true)]
        private static partial uint WaitForSingleObject(nint handle, uint milliseconds);

        [LibraryImport("kernel32", SetLastError = true)]
        private static partial int CloseHandle(nint handle);
    }
}
