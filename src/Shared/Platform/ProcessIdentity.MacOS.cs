using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

internal readonly partial record struct ProcessIdentity
{
    private static unsafe partial class MacOS
    {
        private const int BsdInfo = 3; // PROC_PIDTBSDINFO
        private const ulong ExitingToo = 1;
        private const int NoSuchProcess = 3;
        private const uint Zombie = 5; // SZOMB

        public static Existence Look(int processId, out uint startTime)
        {
            startTime = 0;
            ProcessInfo info;

            // Not asked for those that are exiting, the system denies a process whose other threads are still about to be stopped.
            if (ProcPidInfo(processId, BsdInfo, ExitingToo, &info, sizeof(ProcessInfo)) != sizeof(ProcessInfo))
            {
                return Marshal.GetLastPInvokeError() == NoSuchProcess ? Existence.Ended : Existence.Unknown;
            }

            startTime = (uint)((info.StartSeconds * 1000) + (info.StartMicroseconds / 1000));
            return info.Status == Zombie ? Existence.Ended : Existence.Running;
        }

        [LibraryImport("libproc", EntryPoint = "proc_pidinfo", SetLastError = true)]
        private static partial int ProcPidInfo(int processId, int flavor, ulong argument, void* buffer, int size);

        /// <summary>struct proc_bsdinfo of sys/proc_info.h; only what is read here has a name.</summary>
        [StructLayout(LayoutKind.Explicit, Size = 136)]
        private struct ProcessInfo
        {
            [FieldOffset(4)]
            public uint Status;

            [FieldOffset(120)]
            public ulong StartSeconds;

            [FieldOffset(128)]
            public ulong StartMicroseconds;
        }
    }
}
