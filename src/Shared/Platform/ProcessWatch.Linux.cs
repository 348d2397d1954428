using System.ComponentModel;
using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

internal sealed partial class ProcessWatch
{
    /// <summary>One thread that polls the process descriptors of all watched processes, and an event to add more.</summary>
    private static unsafe partial class LinuxWatcher
    {
        private const int OpenProcessNumber = 434;
        private const int NoSuchProcess = 3;
        private const int Interrupted = 4;
        private const short Readable = 1;
        private const int CloseOnExec = 0x80000;
        private const nuint GetInformation = 0xC040_FF0B; // PIDFD_GET_INFO with the 64-byte structure
        private const ulong InformationExit = 8; // PIDFD_INFO_EXIT

        private static readonly List<(int Descriptor, ProcessWatch Watch)> s_added = [];
        private static int s_control = -1;
        private static bool s_hasThread;

        /// <summary>Called under the gate of all watches.</summary>
        public static bool Start(ProcessWatch watch)
        {
            // First, so that nothing has to be taken back if there is no thread for it.
            EnsureThread();
            int descriptor = (int)SystemCall(OpenProcessNumber, watch.Process.ProcessId, 0);
            if (descriptor < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                return error == NoSuchProcess ? false : throw Failure($"Cannot watch {watch.Process}", error);
            }

            // The number may belong to a newer process by now; the descriptor pins whichever it is, so look once it is open.
            if (!watch.Process.IsAlive)
            {
                watch.ExitCode = ExitCode(watch.Process, descriptor);
                _ = Close(descriptor);
                return false;
            }

            s_added.Add((descriptor, watch));
            ulong one = 1;
            _ = Write(s_control, &one, sizeof(ulong));
            return true;
        }

        private static void EnsureThread()
        {
            if (s_control < 0)
            {
                s_control = EventDescriptor(0, CloseOnExec);
                if (s_control < 0)
                {
                    throw Failure("Cannot watch processes", Marshal.GetLastPInvokeError());
                }
            }

            if (!s_hasThread)
            {
                // Noted only once it has started: if there is no thread now, the next watch tries again, with the same descriptor.
                CrashPoint.Reach("watch.thread");
                new Thread(Run) { IsBackground = true, Name = "IpcDemos process watch" }.UnsafeStart();
                s_hasThread = true;
            }
        }

        private static void Run()
        {
            List<(int Descriptor, ProcessWatch Watch)> watched = [];
            PollDescriptor[] polled = [];
            while (true)
            {
                lock (s_gate)
                {
                    watched.AddRange(s_added);
                    s_added.Clear();
                }

                polled = [new PollDescriptor(s_control, Readable), .. watched.Select(item => new PollDescriptor(item.Descriptor, Readable))];
                fixed (PollDescriptor* first = polled)
                {
                    if (Poll(first, (nuint)polled.Length, -1) < 0 && Marshal.GetLastPInvokeError() != Interrupted)
                    {
                        continue;
                    }
                }

                if (polled[0].Returned != 0)
                {
                    ulong count;
                    _ = Read(s_control, &count, sizeof(ulong));
                }

                for (int index = watched.Count - 1; index >= 0; index--)
                {
                    if (polled[index + 1].Returned != 0)
                    {
                        (int descriptor, ProcessWatch watch) = watched[index];
                        watched.RemoveAt(index);
                        watch.End(ExitCode(watch.Process, descriptor));
                        _ = Close(descriptor);
                    }
                }
            }
        }

        /// <summary>From the zombie while its parent has not waited for it; afterwards newer kernels (6.15) still tell through the descriptor.</summary>
        private static int? ExitCode(ProcessIdentity process, int descriptor)
        {
            int? status = ProcessIdentity.WaitStatus(process);
            if (status is null)
            {
                var information = new ProcessInformation { Mask = InformationExit };
                if (Control(descriptor, GetInformation, &information) == 0 && (information.Mask & InformationExit) != 0)
                {
                    status = information.ExitStatus;
                }
            }

            return status is not { } value ? null : (value & 0x7F) != 0 ? -(value & 0x7F) : (value >> 8) & 0xFF;
        }

        private static IOException Failure(string what, int error) => new($"{what}: {new Win32Exception(error).Message}.");

        [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
        private static partial nint SystemCall(nint number, nint first, nint second);

        [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
        private static partial int EventDescriptor(uint initial, int flags);

        [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
        private static partial int Poll(PollDescriptor* descriptors, nuint count, int timeout);

        [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
        private static partial int Control(int descriptor, nuint request, void* argument);

        [LibraryImport("libc", EntryPoint = "read")]
        private static partial nint Read(int descriptor, void* buffer, nuint count);

        [LibraryImport("libc", EntryPoint = "write")]
        private static partial nint Write(int descriptor, void* buffer, nuint count);

        [LibraryImport("libc", EntryPoint = "close")]
        private static partial int Close(int descriptor);

        /// <summary>struct pollfd.</summary>
        [StructLayout(LayoutKind.Sequential)]
        private struct PollDescriptor(int descriptor, short events)
        {
            public int Descriptor = descriptor;
            public short Events = events;
            public short Returned;
        }

        /// <summary>struct pidfd_info; only what is used here has a name.</summary>
        [StructLayout(LayoutKind.Explicit, Size = 64)]
        private struct ProcessInformation
        {
            [FieldOffset(0)]
            public ulong Mask;

            [FieldOffset(60)]
            public int ExitStatus;
        }
    }
}
