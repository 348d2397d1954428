using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Who has a file of shared memory, told by byte-range locks of open file descriptions, far beyond the file's end: the system drops
/// them with the descriptor, however its process ends, so they neither outlive a kill nor end with a pause. One byte is the
/// owner's; every holder, the owner too, has one more of its own. The file's content is not touched.
/// </summary>
[SupportedOSPlatform("linux")]
internal static partial class HolderLocks
{
    private const long OwnerByte = 1L << 62;
    private const long FirstHolderByte = OwnerByte + 1;
    private const int GetLock = 36;
    private const int SetLock = 37;
    private const short WriteLock = 1;
    private const short Unlocked = 2;

    /// <summary>Becomes the owner, unless there is a living one.</summary>
    public static bool TryOwn(SafeFileHandle file) => TryLock(file, OwnerByte);

    /// <summary>Counts as a holder from now on.</summary>
    public static void Hold(SafeFileHandle file)
    {
        // Any byte that nobody has will do.
        while (!TryLock(file, FirstHolderByte + Random.Shared.Next()))
        {
        }
    }

    /// <summary>
    /// Ends what <see cref="TryOwn"/> and <see cref="Hold"/> began. Closing alone would not do so at once while a process is being
    /// started, because until it runs its program it has a copy of every descriptor.
    /// </summary>
    public static void Release(SafeFileHandle file)
    {
        var everything = new RangeLock { Type = Unlocked, Start = OwnerByte };
        _ = Control(file, SetLock, ref everything);
    }

    /// <summary>How many hold the file, this one included.</summary>
    public static int Count(SafeFileHandle file) => 1 + CountOthers(file, FirstHolderByte, FirstHolderByte + int.MaxValue);

    private static int CountOthers(SafeFileHandle file, long first, long last)
    {
        if (first > last)
        {
            return 0;
        }

        var query = new RangeLock { Type = WriteLock, Start = first, Length = last - first + 1 };
        if (Control(file, GetLock, ref query) != 0)
        {
            throw UnixMemory.Failure("The holders of shared memory could not be counted");
        }

        // The system names any one lock in the range; the others are to its left and right.
        return query.Type == Unlocked
            ? 0
            : 1 + CountOthers(file, first, query.Start - 1) + CountOthers(file, query.Start + query.Length, last);
    }

    private static bool TryLock(SafeFileHandle file, long position)
    {
        var request = new RangeLock { Type = WriteLock, Start = position, Length = 1 };
        if (Control(file, SetLock, ref request) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() is Errno.TryAgain or Errno.AccessDenied
            ? false
            : throw UnixMemory.Failure("A lock that marks the holder of shared memory could not be taken");
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, ref RangeLock value);

    /// <summary>struct flock of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    private struct RangeLock
    {
        [FieldOffset(0)]
        public short Type;

        [FieldOffset(2)]
        public short Whence;

        [FieldOffset(8)]
        public long Start;

        [FieldOffset(16)]
        public long Length;

        [FieldOffset(24)]
        public int ProcessId;
    }

    private static class Errno
    {
        public const int TryAgain = 11;
        public const int AccessDenied = 13;
    }
}
