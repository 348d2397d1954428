using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;

namespace IpcDemos.Shared.Platform;

internal readonly partial record struct ProcessIdentity
{
    private static unsafe partial class Linux
    {
        private const int CloseOnExec = 0x80000;
        private const int NoSuchProcess = 3;

        public static Existence Look(int processId, out uint startTime)
        {
            startTime = 0;
            Span<byte> buffer = stackalloc byte[1024];
            ReadOnlySpan<byte> stat = ReadStat(processId, buffer);
            if (stat.IsEmpty)
            {
                // Under hidepid the file of another user's process is missing too: only the kernel's word is proof.
                return Kill(processId, 0) != 0 && Marshal.GetLastPInvokeError() == NoSuchProcess ? Existence.Ended : Existence.Unknown;
            }

            // "pid (name) state ppid ..."; the name may hold anything, so fields are counted from the last parenthesis.
            ReadOnlySpan<byte> fields = stat[(stat.LastIndexOf((byte)')') + 2)..];
            byte state = fields[0];
            if (!Utf8Parser.TryParse(Field(fields, 22), out ulong ticks, out _) || !Utf8Parser.TryParse(Field(fields, 20), out int threads, out _))
            {
                return Existence.Unknown;
            }

            // The state is that of the first thread, which may have ended while others live: then the process runs.
            startTime = (uint)ticks;
            return state is (byte)'Z' or (byte)'X' && threads <= 1 ? Existence.Ended : Existence.Running;
        }

        /// <summary>The wait status of a process that has ended but was not yet waited for; null if it cannot be known.</summary>
        public static int? WaitStatus(ProcessIdentity process)
        {
            Span<byte> buffer = stackalloc byte[1024];
            ReadOnlySpan<byte> stat = ReadStat(process.ProcessId, buffer);
            if (stat.IsEmpty)
            {
                return null;
            }

            ReadOnlySpan<byte> fields = stat[(stat.LastIndexOf((byte)')') + 2)..];
            bool same = Utf8Parser.TryParse(Field(fields, 22), out ulong ticks, out _) && (uint)ticks == process.StartTime;
            return same && fields[0] is (byte)'Z' && Utf8Parser.TryParse(Field(fields, 52), out int status, out _) ? status : null;
        }

        private static ReadOnlySpan<byte> ReadStat(int processId, Span<byte> buffer)
        {
            Span<byte> path = stackalloc byte[32];
            _ = Encoding.ASCII.GetBytes($"/proc/{processId}/stat\0", path);
            int length = 0;
            fixed (byte* name = path, start = buffer)
            {
                int descriptor = Open(name, CloseOnExec);
                if (descriptor < 0)
                {
                    return default;
                }

                length = (int)Read(descriptor, start, (nuint)buffer.Length);
                _ = Close(descriptor);
            }

            return length > 0 ? buffer[..length] : default;
        }

        /// <summary>Field number <paramref name="number"/> as proc(5) counts them; the span starts at field 3.</summary>
        private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> fields, int number)
        {
            int current = 3;
            foreach (Range range in fields.Split((byte)' '))
            {
                if (current++ == number)
                {
                    return fields[range].TrimEnd((byte)'\n');
                }
            }

            return default;
        }

        [LibraryImport("libc", EntryPoint = "open")]
        private static partial int Open(byte* path, int flags);

        [LibraryImport("libc", EntryPoint = "read")]
        private static partial nint Read(int descriptor, byte* buffer, nuint count);

        [LibraryImport("libc", EntryPoint = "close")]
        private static partial int Close(int descriptor);

        [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
        private static partial int Kill(int processId, int signal);
    }
}
