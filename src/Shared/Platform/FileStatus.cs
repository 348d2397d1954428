using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>What Linux says of a file: statx(2), whose layout, unlike stat's, is the same on every processor.</summary>
[SupportedOSPlatform("linux")]
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal partial struct FileStatus
{
    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;
    private const int NoFollow = 0x100;
    private const uint BasicStatus = 0x7FF;
    private const ushort TypeMask = 0xF000;
    private const ushort RegularFileType = 0x8000;

    [FieldOffset(16)]
    private readonly uint _links;

    [FieldOffset(20)]
    private readonly uint _userId;

    [FieldOffset(28)]
    private readonly ushort _mode;

    [FieldOffset(32)]
    private readonly ulong _inode;

    [FieldOffset(40)]
    private readonly long _length;

    [FieldOffset(136)]
    private readonly ulong _device;

    public readonly long Length => _length;

    public readonly uint UserId => _userId;

    public readonly bool IsRegularFile => (_mode & TypeMask) == RegularFileType;

    public readonly bool IsSameFile(in FileStatus other) => _inode == other._inode && _device == other._device;

    /// <exception cref="IOException">The system refused.</exception>
    public static FileStatus Of(SafeFileHandle file)
    {
        if (Query(file, "", EmptyPath, BasicStatus, out FileStatus status) != 0)
        {
            throw UnixMemory.Failure("The state of a file could not be read");
        }

        return status;
    }

    public static bool TryGet(string path, out FileStatus status) => Query(CurrentDirectory, path, NoFollow, BasicStatus, out status) == 0;

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Query(int directory, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Query(SafeFileHandle file, string path, int flags, uint mask, out FileStatus status);
}
