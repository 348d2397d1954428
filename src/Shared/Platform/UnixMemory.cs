using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>Mapping a descriptor into memory, the same on every Unix.</summary>
[UnsupportedOSPlatform("windows")]
internal static unsafe partial class UnixMemory
{
    private const int ReadWrite = 3;
    private const int Shared = 1;
    private static readonly nint s_failed = -1;

    /// <summary>Maps all of <paramref name="length"/> bytes, shared; an empty one has no address.</summary>
    public static byte* Map(SafeFileHandle file, long length, string what)
    {
        if (length == 0)
        {
            return null;
        }

        nint address = Map(0, checked((nuint)length), ReadWrite, Shared, file, 0);
        return address != s_failed ? (byte*)address : throw Failure($"{what} of {length} bytes could not be mapped into memory");
    }

    public static void Unmap(byte* pointer, long length)
    {
        if (pointer != null)
        {
            _ = Unmap((nint)pointer, (nuint)length);
        }
    }

    /// <summary>Sets the size of a new file, which the system fills with zeros as they are touched.</summary>
    public static void SetLength(SafeFileHandle file, long length, string what)
    {
        if (Truncate(file, length) != 0)
        {
            throw Failure($"{what} of {length} bytes could not be created");
        }
    }

    /// <summary>The exception for a system call that just failed, with the system's own reason.</summary>
    public static IOException Failure(string what) => new($"{what}: {Marshal.GetLastPInvokeErrorMessage()}.");

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int Truncate(SafeFileHandle file, long length);
}
