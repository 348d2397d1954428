using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IpcDemos.Bench.Rows;

/// <summary>Linux: the system call that every lock waits and wakes with, and nothing around it.</summary>
internal static unsafe partial class BareFutex
{
    private const int WaitOperation = 0;
    private const int WakeOperation = 1;

    private static readonly nint s_number = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 202 : 98;

    /// <summary>Parks while the word has the value.</summary>
    public static void Wait(ref int word, int value) => _ = Call(s_number, Unsafe.AsPointer(ref word), WaitOperation, value, null);

    /// <summary>Wakes one that is parked on the word.</summary>
    public static void Wake(ref int word) => _ = Call(s_number, Unsafe.AsPointer(ref word), WakeOperation, 1, null);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Call(nint number, void* word, nint operation, nint value, void* timeout);
}
