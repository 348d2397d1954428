using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

/// <summary>Linux: waiting on words of memory that processes share. Never with the PRIVATE flag, which would keep it within one process.</summary>
internal static unsafe partial class Futex
{
    /// <summary>How many words one <see cref="WaitAny"/> can wait for.</summary>
    public const int MaximumWords = 128;

    /// <summary>The error of a wait on a word that is not mapped.</summary>
    public const int BadAddress = 14;

    private const int Wake = 1;
    private const int WakeOperation = 5;
    private const int WaitBitset = 9;
    private const int OperationOr = 1;
    private const int ShiftedArgument = 8;
    private const int CompareEqual = 0;
    private const uint Size32 = 2;
    private const int Monotonic = 1;
    private const int WaitvNumber = 449;

    private const int NoSystemCall = 38;
    private const int NotPermitted = 1;
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int TimedOut = 110;

    private static readonly nint s_number = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.X86 or Architecture.Arm => 240,
        _ => 98,
    };

    /// <summary>Whether the kernel can wait for several words at once (5.16 and later, unless a sandbox forbids it).</summary>
    public static bool CanWaitAny { get; } = Probe();

    /// <summary>Wakes every waiter on the word.</summary>
    public static void WakeAll(uint* address) =>
        Check(Call(s_number, address, Wake, int.MaxValue, null, null, 0));

    /// <summary>Sets a bit (0 to 10) of the word and wakes every waiter on it, in one step.</summary>
    public static void SetBitAndWakeAll(uint* address, int bit)
    {
        // "*second |= 1 << bit; wake on first; if the old value was 0, wake on second too": both are our word.
        int operation = ((OperationOr | ShiftedArgument) << 28) | (CompareEqual << 24) | (bit << 12);
        Check(Call(s_number, address, WakeOperation, int.MaxValue, (void*)(nint)int.MaxValue, address, operation));
    }

    /// <summary>Waits while the word is <paramref name="expected"/>; may return early for no reason.</summary>
    public static void WaitOne(uint* address, uint expected, Deadline deadline)
    {
        TimeSpecification limit = TimeSpecification.From(deadline);
        Check(Call(s_number, address, WaitBitset, (nint)expected, deadline.IsInfinite ? null : &limit, null, -1));
    }

    /// <summary>
    /// Waits until one of the words differs from its expected value or is woken; may return early for no reason.
    /// </summary>
    /// <returns>The index of a word that was woken, or -1.</returns>
    public static int WaitAny(ReadOnlySpan<Word> words, Deadline deadline)
    {
        TimeSpecification limit = TimeSpecification.From(deadline);
        fixed (Word* first = words)
        {
            return (int)Check(Call(WaitvNumber, first, words.Length, 0, deadline.IsInfinite ? null : &limit, (void*)Monotonic, 0));
        }
    }

    private static bool Probe() =>
        Call(WaitvNumber, null, 0, 0, null, null, 0) >= 0 || Marshal.GetLastPInvokeError() is not (NoSystemCall or NotPermitted);

    private static nint Check(nint result)
    {
        int error = result >= 0 ? 0 : Marshal.GetLastPInvokeError();
        return error switch
        {
            0 => result,
            TryAgain or Interrupted or TimedOut => -1,
            _ => throw new Win32Exception(error),
        };
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, void* first, nint second, nint third, void* fourth, void* fifth, nint sixth);

    /// <summary>struct futex_waitv.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct Word(uint* address, uint expected)
    {
        private readonly ulong _expected = expected;
        private readonly ulong _address = (ulong)address;
        private readonly uint _flags = Size32;
        private readonly uint _reserved;
    }

    /// <summary>struct timespec on the monotonic clock, which is the clock of <see cref="Stopwatch"/> on Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpecification(long Seconds, long Nanoseconds)
    {
        public static TimeSpecification From(Deadline deadline)
        {
            (long seconds, long rest) = Math.DivRem(deadline.Timestamp, Stopwatch.Frequency);
            return new TimeSpecification(seconds, rest * (1_000_000_000 / Stopwatch.Frequency));
        }
    }
}
