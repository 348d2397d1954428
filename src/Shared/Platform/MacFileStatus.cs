using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>struct stat of macOS, with 64-bit inodes; only what is read here has a name.</summary>
[UnsupportedOSPlatform("windows")]
[StructLayout(LayoutKind.Explicit, Size = 144)]
internal partial struct MacFileStatus
{
    private const ushort TypeMask = 0xF000;
    private const ushort DirectoryType = 0x4000;

    [FieldOffset(4)]
    private readonly ushort _mode;

    [FieldOffset(16)]
    private readonly uint _userId;

    [FieldOffset(96)]
    private readonly long _length;

    // On the older processor the functions without this have a structure of their own, with 32-bit inodes.
    private static bool IsSuffixed => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>The size of a file or, unlike the framework tells it, of a shared-memory object, which has no position to seek.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static long LengthOf(SafeFileHandle file) =>
        (IsSuffixed ? QuerySuffixed(file, out MacFileStatus status) : Query(file, out status)) == 0
            ? status._length
            : throw UnixMemory.Failure("The size of shared memory could not be read");

    /// <summary>This user's directory of such a name in the temporary directory, where others may have put something in its place.</summary>
    /// <exception cref="IOException">They have.</exception>
    public static string EnsureDirectory(string name)
    {
        string path = Path.GetFullPath(Path.Combine(Path.GetTempPath(), name));
        _ = Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return (IsSuffixed ? QuerySuffixed(path, out MacFileStatus status) : Query(path, out status)) == 0
            && (status._mode & TypeMask) == DirectoryType
            && status._userId == UserId.Current
            ? path
            : throw new IOException($"'{path}' is not a directory of this user. Set TMPDIR to a directory that only this user can write to.");
    }

    [LibraryImport("libc", EntryPoint = "fstat", SetLastError = true)]
    private static partial int Query(SafeFileHandle file, out MacFileStatus status);

    [LibraryImport("libc", EntryPoint = "fstat$INODE64", SetLastError = true)]
    private static partial int QuerySuffixed(SafeFileHandle file, out MacFileStatus status);

    [LibraryImport("libc", EntryPoint = "lstat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Query(string path, out MacFileStatus status);

    [LibraryImport("libc", EntryPoint = "lstat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int QuerySuffixed(string path, out MacFileStatus status);
}
