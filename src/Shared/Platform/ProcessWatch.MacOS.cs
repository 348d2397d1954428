using System.ComponentModel;
using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

internal sealed partial class ProcessWatch
{
    /// <summary>One thread that waits on a kernel queue of process exits.</summary>
    private static unsafe partial class MacWatcher
    {
        private const short FilterProcess = -5; // EVFILT_PROC
        private const ushort AddOnce = 0x0001 | 0x0010; // EV_ADD | EV_ONESHOT
        private const uint NoteExit = 0x8000_0000;
        private const uint NoteExitStatus = 0x0400_0000;
        private const int NoSuchProcess = 3;

        private static readonly Dictionary<int, ProcessWatch> s_byNumber = [];
        private static int s_queue = -1;

        /// <summary>Called under the gate of all watches.</summary>
        public static bool Start(ProcessWatch watch)
        {
            if (s_queue < 0)
            {
                s_queue = Queue();
                if (s_queue < 0)
                {
                    throw Failure("Cannot watch processes", Marshal.GetLastPInvokeError());
                }

                new Thread(Run) { IsBackground = true, Name = "IpcDemos process watch" }.UnsafeStart();
            }

            int number = watch.Process.ProcessId;
            s_byNumber[number] = watch;
            var change = new KernelEvent { Identifier = (nuint)number, Filter = FilterProcess, Flags = AddOnce, FilterFlags = NoteExit | NoteExitStatus };
            bool added = Wait(s_queue, &change, 1, null, 0, null) == 0;
            int error = added ? 0 : Marshal.GetLastPInvokeError();

            // The number may belong to a newer process by now: the identity decides, once the watch is on.
            if (added && watch.Process.IsAlive)
            {
                return true;
            }

            _ = s_byNumber.Remove(number);
            return error is 0 or NoSuchProcess ? false : throw Failure($"Cannot watch {watch.Process}", error);
        }

        private static void Run()
        {
            while (true)
            {
                KernelEvent ended;
                if (Wait(s_queue, null, 0, &ended, 1, null) != 1)
                {
                    continue;
                }

                ProcessWatch? watch;
                lock (s_gate)
                {
                    _ = s_byNumber.Remove((int)ended.Identifier, out watch);
                }

                int status = (int)ended.Data;
                watch?.End((status & 0x7F) != 0 ? -(status & 0x7F) : (status >> 8) & 0xFF);
            }
        }

        private static IOException Failure(string what, int error) => new($"{what}: {new Win32Exception(error).Message}.");

        [LibraryImport("libSystem", EntryPoint = "kqueue", SetLastError = true)]
        private static partial int Queue();

        [LibraryImport("libSystem", EntryPoint = "kevent", SetLastError = true)]
        private static partial int Wait(int queue, KernelEvent* changes, int changeCount, KernelEvent* events, int eventCount, void* timeout);

        /// <summary>struct kevent.</summary>
        [StructLayout(LayoutKind.Sequential)]
        private struct KernelEvent
        {
            public nuint Identifier;
            public short Filter;
            public ushort Flags;
            public uint FilterFlags;
            public nint Data;
            public void* UserData;
        }
    }
}
