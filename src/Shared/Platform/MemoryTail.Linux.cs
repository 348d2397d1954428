using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>The pages of a memfd behind those that are mapped. The file grows, but only pages that were written to take up memory.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class LinuxMemoryTail(SafeFileHandle file) : MemoryTail
{
    private const int KeepSizeAndPunchHole = 1 | 2;
    private const int SeekData = 3;
    private const int NoSuchData = 6; // ENXIO

    public override void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(file, bytes, offset);

    public override void Read(long offset, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = RandomAccess.Read(file, bytes, offset);
            if (count == 0)
            {
                throw new EndOfStreamException($"Shared memory ends at {offset}; {bytes.Length} bytes more were expected there.");
            }

            offset += count;
            bytes = bytes[count..];
        }
    }

    public override void Free(long offset, long length)
    {
        if (Allocate(file, KeepSizeAndPunchHole, offset, length) != 0)
        {
            throw UnixMemory.Failure($"{length} bytes of shared memory could not be freed");
        }
    }

    public override long NextUsed(long offset)
    {
        long next = Seek(file, offset, SeekData);
        return next >= 0 ? next
            : Marshal.GetLastPInvokeError() == NoSuchData ? -1
            : throw UnixMemory.Failure($"Shared memory could not be searched from {offset} on");
    }

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);
}
