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
        private const int AccessDenied = 13;

        private static readonly Dictionary<int, ProcessWatch> s_byNumber = [];
        private static int s_queue = -1;
        private static bool s_hasThread;

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
            }

            if (!s_hasThread)
            {
                // Noted only once it has started: if there is no thread now, the next watch tries again, with the same queue.
                CrashPoint.Reach("watch.thread");
                new Thread(Run) { IsBackground = true, Name = "IpcDemos process watch" }.UnsafeStart();
                s_hasThread = true;
            }

            int number = watch.Process.ProcessId;
            int error = Add(number);

            // The number may belong to a newer process by now: the identity decides, once the watch is on.
            if (error == 0 && watch.Process.IsAlive)
            {
                if (s_byNumber.Remove(number, out ProcessWatch? earlier))
                {
                    EndSoon(earlier); // its number is another's: it has ended, and nobody had heard of that yet
                }

                s_byNumber.Add(number, watch);
                return true;
            }

            if (error is not (0 or NoSuchProcess))
            {
                throw Failure($"Cannot watch {watch.Process}", error);
            }

            if (!IsThere(watch))
            {
                return false;
            }

            // It is exiting, and cannot be watched any more; some of its threads may not have been stopped yet.
            EndSoon(watch);
            return true;
        }

        /// <summary>Not at once, which is under the gate.</summary>
        private static void EndSoon(ProcessWatch watch) =>
            _ = ThreadPool.UnsafeQueueUserWorkItem(static ended => End(ended, null), watch, preferLocal: false);

        /// <summary>Only a process that may be signalled tells how it ended.</summary>
        private static int Add(int number)
        {
            int error = Add(number, NoteExit | NoteExitStatus);
            return error == AccessDenied ? Add(number, NoteExit) : error;
        }

        private static int Add(int number, uint notes)
        {
            var change = new KernelEvent { Identifier = (nuint)number, Filter = FilterProcess, Flags = AddOnce, FilterFlags = notes };
            return Wait(s_queue, &change, 1, null, 0, null) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }

        /// <summary>An exit is told a moment before it is over, but those who are told of it must find that the process is not alive.</summary>
        private static void End(ProcessWatch watch, int? exitCode)
        {
            SpinWait.SpinUntil(() => !IsThere(watch));
            watch.End(exitCode);
        }

        private static bool IsThere(ProcessWatch watch) => ProcessIdentity.Of(watch.Process.ProcessId) == watch.Process;

        private static void Run()
        {
            while (true)
            {
                KernelEvent ended;
                if (Wait(s_queue, null, 0, &ended, 1, null) != 1)
                {
                    continue;
                }

                int number = (int)ended.Identifier;
                ProcessWatch? watch;
                lock (s_gate)
                {
                    // What ended may be an earlier process of that number, whose end nobody had heard of when this watch began.
                    if (s_byNumber.TryGetValue(number, out watch) && watch.Process.IsAlive && Add(number) == 0)
                    {
                        continue;
                    }

                    _ = s_byNumber.Remove(number);
                }

                if (watch is not null)
                {
                    End(watch, (ended.FilterFlags & NoteExitStatus) != 0 ? ExitCode((int)ended.Data) : null);
                }
            }
        }

        private static int ExitCode(int status) => (status & 0x7F) != 0 ? -(status & 0x7F) : (status >> 8) & 0xFF;

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
