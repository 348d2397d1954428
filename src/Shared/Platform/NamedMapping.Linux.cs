using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// A file in <c>/dev/shm</c> of mode 0600 and exactly the size asked for, with nothing but the user's bytes in it. That this library
/// made it stands in an extended attribute; that its creator lives is told by <see cref="HolderLocks"/>.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe partial class LinuxNamedMapping : NamedMapping
{
    private const string DirectoryPath = "/dev/shm";
    private const string OwnerAttribute = "user.ipcdemos.owner";
    private const int OpenReadWriteCloseOnExecNonBlocking = 2 | 0x80000 | 0x800;
    private const int FollowSymbolicLink = 0x400;
    private const int CurrentDirectory = -100;
    private const uint OwnerReadWrite = 0x180;
    private const int SeekEnd = 2;
    private const int NoSuchEntry = 2;
    private const int AlreadyExists = 17;

    private readonly SafeFileHandle _file;

    private LinuxNamedMapping(string name, SafeFileHandle file, long length, bool isOwner)
        : base(name, isOwner)
    {
        _file = file;
        Length = length;
    }

    public override int HolderCount => HolderLocks.Count(_file);

    // These two bits are not the same on every processor.
    private static int TemporaryFile => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 0x410000 : 0x404000;

    private static int NoFollow => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 0x20000 : 0x8000;

    public static new LinuxNamedMapping? TryCreate(string name, long length, bool reserve)
    {
        string path = PathOf(name);
        string what = $"Shared memory '{name}'";
        RequireRoom(what, length);

        // The file is made complete without a name, and then gets its name in one step that fails if the name exists: whoever opens it
        // sees all of it, and a kill in between leaves nothing.
        using var file = new OwnedFile(Open(DirectoryPath, TemporaryFile | 2 | 0x80000, OwnerReadWrite), what);
        UnixMemory.SetLength(file.Handle, length, what);
        if (reserve && length > 0)
        {
            Reserve(file.Handle, length, what);
        }

        _ = HolderLocks.TryOwn(file.Handle);
        HolderLocks.Hold(file.Handle);
        Mark(file.Handle);
        byte* pointer = UnixMemory.Map(file.Handle, length, what);
        string unnamed = FormattableString.Invariant($"/proc/self/fd/{file.Handle.DangerousGetHandle()}");
        while (Link(CurrentDirectory, unnamed, CurrentDirectory, path, FollowSymbolicLink) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == AlreadyExists && TryRemoveOrphan(path))
            {
                continue;
            }

            UnixMemory.Unmap(pointer, length);
            return error == AlreadyExists ? null : throw UnixMemory.Failure($"{what} could not be created");
        }

        return new LinuxNamedMapping(name, file.Release(), length, isOwner: true) { Pointer = pointer };
    }

    public static new LinuxNamedMapping Open(string name)
    {
        string what = $"Shared memory '{name}'";
        int descriptor = Open(PathOf(name), OpenReadWriteCloseOnExecNonBlocking | NoFollow, 0);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == NoSuchEntry)
        {
            throw new FileNotFoundException($"There is no shared memory '{name}': it was never created, or its owner has removed it.", name);
        }

        using var file = new OwnedFile(descriptor, what);
        FileStatus status = FileStatus.Of(file.Handle);
        if (!status.IsRegularFile)
        {
            throw new IOException($"'{PathOf(name)}' is not shared memory but another kind of file.");
        }

        HolderLocks.Hold(file.Handle);
        byte* pointer = UnixMemory.Map(file.Handle, status.Length, what);
        return new LinuxNamedMapping(name, file.Release(), status.Length, isOwner: false) { Pointer = pointer };
    }

    public static new IReadOnlyList<string> RemoveOrphans() =>
        [.. Directory.EnumerateFiles(DirectoryPath).Where(TryRemoveOrphan).Select(path => Path.GetFileName(path))];

    public override void VerifyLength()
    {
        // The cheapest way to ask for the size. Nothing uses the position that it sets.
        long length = Seek(_file, 0, SeekEnd);
        if (length < Length)
        {
            throw Shortened(length);
        }
    }

    public override void Read(long offset, Span<byte> destination)
    {
        // pread(2) answers with less where an access to the mapping would be answered with SIGBUS.
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(_file, destination, offset);
            if (count == 0)
            {
                throw Shortened(offset);
            }

            destination = destination[count..];
            offset += count;
        }
    }

    public override void Write(long offset, ReadOnlySpan<byte> source)
    {
        // pwrite(2) would make a shortened file longer again, but with what was in it lost; so look first. Against a program that
        // shortens it between the look and the write there is no help, but it ends in zeros and not in a crash.
        VerifyLength();
        RandomAccess.Write(_file, source, offset);
    }

    protected override void Unmap()
    {
        UnixMemory.Unmap(Pointer, Length);
        HolderLocks.Release(_file);
        _file.Dispose();
    }

    protected override void OnLeavesNameChanged()
    {
        if (LeavesName)
        {
            _ = RemoveAttribute(_file, OwnerAttribute);
        }
        else
        {
            Mark(_file);
        }
    }

    protected override bool TryUnlink() => TryUnlink(PathOf(Name), FileStatus.Of(_file));

    private static string PathOf(string name) => $"{DirectoryPath}/{name}";

    private static bool TryUnlink(string path, in FileStatus expected) =>
        FileStatus.TryGet(path, out FileStatus actual) && actual.IsSameFile(expected) && Unlink(path) == 0;

    private static bool TryRemoveOrphan(string path)
    {
        // Without our mark somebody else made it, and it is not ours to judge. Opening only what is marked also keeps the hands off
        // files, pipes and devices that are none of our business.
        if (GetAttribute(path, OwnerAttribute, null, 0) < 0)
        {
            return false;
        }

        int descriptor = Open(path, OpenReadWriteCloseOnExecNonBlocking | NoFollow, 0);
        if (descriptor < 0)
        {
            return false;
        }

        // To hold the owner's lock is the proof that the creator is dead. Whoever comes second to here, for the same file, does not get
        // the lock while the first one is at work, and afterwards no longer finds this file under the name.
        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        FileStatus status = FileStatus.Of(file);
        bool isRemoved = status.UserId == GetUserId() && HolderLocks.TryOwn(file) && TryUnlink(path, status);
        HolderLocks.Release(file);
        return isRemoved;
    }

    private static void Mark(SafeFileHandle file)
    {
        // Kernels before 6.6 keep no such attributes in /dev/shm. Without it the memory works; only RemoveOrphans lets it be.
        byte[] owner = System.Text.Encoding.ASCII.GetBytes(
            FormattableString.Invariant($"{ProcessIdentity.Current.ProcessId}:{ProcessIdentity.Current.StartTime}"));
        _ = SetAttribute(file, OwnerAttribute, owner, (nuint)owner.Length, 0);
    }

    private static void RequireRoom(string what, long length)
    {
        // A total of 0 is how the system says that there is no limit.
        var drive = new DriveInfo(DirectoryPath);
        if (drive.TotalSize != 0 && length > drive.AvailableFreeSpace)
        {
            throw new IOException(
                $"{what} of {length} bytes does not fit: {DirectoryPath} has {drive.AvailableFreeSpace} bytes left. "
                + $"Enlarge it (mount -o remount,size=…; docker run --shm-size=…) or use anonymous memory, which it does not limit.");
        }
    }

    private static void Reserve(SafeFileHandle file, long length, string what)
    {
        int error = Allocate(file, 0, length);
        if (error != 0)
        {
            throw new IOException($"{what} of {length} bytes could not be reserved: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    private IOException Shortened(long length) =>
        new($"Shared memory '{Name}' had {Length} bytes and was shortened by another program to {length}: what it held is lost.");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(int oldDirectory, string oldPath, int newDirectory, string newPath, int flags);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int Allocate(SafeFileHandle file, long offset, long length);

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long Seek(SafeFileHandle file, long offset, int origin);

    [LibraryImport("libc", EntryPoint = "getuid")]
    private static partial uint GetUserId();

    [LibraryImport("libc", EntryPoint = "fsetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetAttribute(SafeFileHandle file, string name, byte[] value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetAttribute(string path, string name, byte* value, nuint size);

    [LibraryImport("libc", EntryPoint = "fremovexattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RemoveAttribute(SafeFileHandle file, string name);

    /// <summary>A descriptor just opened, closed again unless everything that follows succeeds.</summary>
    private sealed class OwnedFile : IDisposable
    {
        private SafeFileHandle? _handle;

        public OwnedFile(int descriptor, string what)
        {
            if (descriptor < 0)
            {
                throw UnixMemory.Failure($"{what} could not be opened");
            }

            _handle = new SafeFileHandle(descriptor, ownsHandle: true);
        }

        public SafeFileHandle Handle => _handle!;

        public SafeFileHandle Release()
        {
            SafeFileHandle handle = Handle;
            _handle = null;
            return handle;
        }

        public void Dispose() => _handle?.Dispose();
    }
}
