using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// A file under an unguessable name in this user's temporary directory; macOS has no memory that can be attached without a name.
/// Every process that has it mapped holds a shared flock on it, which the system drops however the process ends: whoever can turn
/// that into an exclusive one is the last and removes the file. What a killed process leaves is found so by the next that looks.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed unsafe partial class MacOSMemoryMapping : MemoryMapping
{
    private const int LockShared = 1;
    private const int LockExclusiveNonBlocking = 2 | 4;

    private static readonly Lazy<string> s_directory = new(PrepareDirectory);

    private readonly SafeFileHandle _file;
    private readonly string _path;

    private MacOSMemoryMapping(SafeFileHandle file, string path, long length)
    {
        _file = file;
        _path = path;
        Length = length;
        Pointer = UnixMemory.Map(file, length, "Shared memory");
        AppDomain.CurrentDomain.ProcessExit += Exit;
    }

    public override int Handle => 0;

    public static MacOSMemoryMapping Create(Guid id, long length) => OpenFile(id, FileMode.CreateNew, length);

    public static MacOSMemoryMapping Open(Guid id, int processId)
    {
        try
        {
            return OpenFile(id, FileMode.Open, null);
        }
        catch (FileNotFoundException error)
        {
            throw new IOException(FormattableString.Invariant(
                $"The shared memory that process {processId} referred to is gone, because that process has ended or has let it go."), error);
        }
    }

    public override void Dispose()
    {
        if (!_file.IsClosed)
        {
            AppDomain.CurrentDomain.ProcessExit -= Exit;
            UnixMemory.Unmap(Pointer, Length);
            RemoveIfLast(_file, _path);
            _file.Dispose();
        }
    }

    private static MacOSMemoryMapping OpenFile(Guid id, FileMode mode, long? length)
    {
        string path = Path.Combine(s_directory.Value, id.ToString("N"));
        SafeFileHandle file = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            if (Flock(file, LockShared) != 0)
            {
                throw UnixMemory.Failure($"The shared memory file '{path}' could not be locked");
            }

            if (length is { } size)
            {
                UnixMemory.SetLength(file, size, "Shared memory");
            }

            return new MacOSMemoryMapping(file, path, length ?? RandomAccess.GetLength(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string PrepareDirectory()
    {
        string directory = Path.Combine(Path.GetTempPath(), $"ipcdemos-memory-{Environment.UserName}");
        _ = Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (string path in Directory.EnumerateFiles(directory))
        {
            try
            {
                using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                RemoveIfLast(file, path);
            }
            catch (IOException)
            {
                // Another process removed it first, which is what was wanted.
            }
        }

        return directory;
    }

    private static void RemoveIfLast(SafeFileHandle file, string path)
    {
        if (Flock(file, LockExclusiveNonBlocking) == 0)
        {
            File.Delete(path);
        }
    }

    private void Exit(object? sender, EventArgs e) => RemoveIfLast(_file, _path);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle file, int operation);
}
