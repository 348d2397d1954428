using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// A POSIX shared-memory object, as Python makes it. macOS neither lists nor locks such objects, so who has one stands in lock files
/// of this user's temporary directory: <c>‹name›.owner</c> and one <c>‹name›.‹id›.holder</c> per mapping, each locked by its process
/// for as long as it lives.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed unsafe partial class MacOSNamedMapping : NamedMapping
{
    private const int ReadWrite = 2;
    private const int CreateExclusive = 0x200 | 0x800;
    private const uint OwnerReadWrite = 0x180;
    private const int NoSuchEntry = 2;
    private const int AlreadyExists = 17;
    private const int MostAttempts = 1000;
    private const string OwnerSuffix = ".owner";
    private const string HolderSuffix = ".holder";
    private const int IdLength = 32;

    private static readonly Lazy<string> s_directory = new(
        static () => MacFileStatus.EnsureDirectory($"ipcdemos-names-{Environment.UserName}"), LazyThreadSafetyMode.PublicationOnly);

    private readonly SafeFileHandle _object;
    private readonly FileStream _holder;
    private FileStream? _owner;

    private MacOSNamedMapping(string name, SafeFileHandle sharedObject, FileStream holder, FileStream? owner)
        : base(name, owner is not null)
    {
        _object = sharedObject;
        _holder = holder;
        _owner = owner;
    }

    public override int HolderCount =>
        Directory.EnumerateFiles(s_directory.Value, "*" + HolderSuffix).Where(IsOurs).Count(path => path == _holder.Name || !TryRemoveUnlocked(path));

    public static MacOSNamedMapping? TryCreate(string name, long length)
    {
        int descriptor = OpenObject(name, ReadWrite | CreateExclusive);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == AlreadyExists)
        {
            if (!TryRemoveOrphan(OwnerFileOf(name)))
            {
                return null;
            }

            descriptor = OpenObject(name, ReadWrite | CreateExclusive);
        }

        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() == AlreadyExists ? null : throw UnixMemory.Failure($"Shared memory '{name}' could not be created");
        }

        var sharedObject = new SafeFileHandle(descriptor, ownsHandle: true);
        FileStream? owner = null;
        try
        {
            UnixMemory.SetLength(sharedObject, length, $"Shared memory '{name}'");
            owner = LockFile(OwnerFileOf(name));
            return Map(name, sharedObject, length, owner);
        }
        catch
        {
            sharedObject.Dispose();
            _ = Unlink("/" + name);
            owner?.Dispose();
            throw;
        }
    }

    public static new MacOSNamedMapping Open(string name)
    {
        int descriptor = OpenObject(name, ReadWrite);
        if (descriptor < 0)
        {
            throw Marshal.GetLastPInvokeError() == NoSuchEntry
                ? new FileNotFoundException($"There is no shared memory '{name}': it was never created, or its owner has removed it.", name)
                : UnixMemory.Failure($"Shared memory '{name}' could not be opened");
        }

        var sharedObject = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            return Map(name, sharedObject, MacFileStatus.LengthOf(sharedObject), owner: null);
        }
        catch
        {
            sharedObject.Dispose();
            throw;
        }
    }

    public static new IReadOnlyList<string> RemoveOrphans() =>
        [.. Directory.EnumerateFiles(s_directory.Value, "*" + OwnerSuffix).Where(TryRemoveOrphan).Select(path => Path.GetFileNameWithoutExtension(path))];

    public override void Read(long offset, Span<byte> destination) => new ReadOnlySpan<byte>(Pointer + offset, destination.Length).CopyTo(destination);

    public override void Write(long offset, ReadOnlySpan<byte> source) => source.CopyTo(new Span<byte>(Pointer + offset, source.Length));

    protected override void Unmap()
    {
        UnixMemory.Unmap(Pointer, Length);
        _object.Dispose();
        _holder.Dispose();
        _owner?.Dispose();
    }

    protected override void OnLeavesNameChanged()
    {
        if (LeavesName)
        {
            RemoveOwnerFile();
        }
        else
        {
            _owner ??= LockFile(OwnerFileOf(Name));
        }
    }

    protected override bool TryUnlink()
    {
        RemoveOwnerFile();
        return Unlink("/" + Name) == 0;
    }

    private static string OwnerFileOf(string name) => Path.Combine(s_directory.Value, name + OwnerSuffix);

    private static MacOSNamedMapping Map(string name, SafeFileHandle sharedObject, long length, FileStream? owner)
    {
        FileStream holder = LockFile(Path.Combine(s_directory.Value, $"{name}.{Guid.NewGuid():N}{HolderSuffix}"));
        try
        {
            byte* pointer = UnixMemory.Map(sharedObject, length, $"Shared memory '{name}'");
            return new MacOSNamedMapping(name, sharedObject, holder, owner) { Length = length, Pointer = pointer };
        }
        catch
        {
            holder.Dispose();
            throw;
        }
    }

    /// <summary>
    /// FileShare.None is an exclusive flock, which the system drops when the process ends. With these options the framework looks whether
    /// the file that it has locked is still there, and removes it when it is closed.
    /// </summary>
    private static FileStream LockFile(string path)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
            }
            catch (IOException error) when (error.HResult == Errno.WouldBlock && attempt < MostAttempts)
            {
                _ = Thread.Yield(); // somebody looks whether it was left behind, between its being made and locked
            }
        }
    }

    private static bool TryRemoveOrphan(string ownerFile) =>
        TryRemoveUnlocked(ownerFile) && Unlink("/" + Path.GetFileNameWithoutExtension(ownerFile)) == 0;

    private static bool TryRemoveUnlocked(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            File.Delete(path);
            return true;
        }
        catch (IOException)
        {
            // Locked: its process lives. Or gone: another process removed it.
            return false;
        }
    }

    /// <summary>Whether it is the holder file of a mapping of this name: other names may begin with this one.</summary>
    private bool IsOurs(string path) =>
        Path.GetFileName(path) is var file
        && file.Length == Name.Length + 1 + IdLength + HolderSuffix.Length
        && file.StartsWith(Name + ".", StringComparison.Ordinal);

    private void RemoveOwnerFile()
    {
        _owner?.Dispose();
        _owner = null;
    }

    private static int OpenObject(string name, int flags) =>
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64
            ? OpenObjectArm64("/" + name, flags, 0, 0, 0, 0, 0, 0, OwnerReadWrite)
            : OpenObject("/" + name, flags, OwnerReadWrite);

    [LibraryImport("libc", EntryPoint = "shm_open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenObject(string name, int flags, uint mode);

    // The mode is a variadic argument, which Apple passes on the stack: behind eight arguments that fill the registers.
    [LibraryImport("libc", EntryPoint = "shm_open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenObjectArm64(string name, int flags, nint x2, nint x3, nint x4, nint x5, nint x6, nint x7, nuint mode);

    [LibraryImport("libc", EntryPoint = "shm_unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unlink(string name);
}
