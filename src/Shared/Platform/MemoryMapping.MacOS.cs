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
    private const int Unlock = 8;

    private static readonly Lazy<string> s_directory = new(PrepareDirectory, LazyThreadSafetyMode.PublicationOnly);

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

    public static MacOSMemoryMapping Create(Guid id, long length)
    {
        MacAddressWait.RequireSystem();
        string path = Path.Combine(s_directory.Value, id.ToString("N"));
        SafeFileHandle? file;
        while ((file = TryOpenFile(path, FileMode.OpenOrCreate)) is null)
        {
            _ = Thread.Yield(); // a process that looks for files left behind was quicker than the lock
        }

        return Map(file, path, length);
    }

    public static MacOSMemoryMapping Open(Guid id, int processId)
    {
        MacAddressWait.RequireSystem();
        string path = Path.Combine(s_directory.Value, id.ToString("N"));
        return TryOpenFile(path, FileMode.Open) is { } file
            ? Map(file, path, null)
            : throw new IOException(FormattableString.Invariant(
                $"The shared memory that process {processId} referred to is gone, because that process has ended or has let it go."));
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

    /// <summary>The file with this process's lock on it, which keeps it there; null if it is not there, or is just being removed.</summary>
    private static SafeFileHandle? TryOpenFile(string path, FileMode mode)
    {
        try
        {
            SafeFileHandle file = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            if (Flock(file, LockShared) != 0)
            {
                file.Dispose();
                throw UnixMemory.Failure($"The shared memory file '{path}' could not be locked");
            }

            if (File.Exists(path))
            {
                return file;
            }

            file.Dispose();
            return null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (IOException error) when (error.HResult == Errno.WouldBlock)
        {
            // The framework locks what it opens, without waiting, and there is an exclusive lock: somebody is about to remove it.
            return null;
        }
    }

    private static MacOSMemoryMapping Map(SafeFileHandle file, string path, long? length)
    {
        try
        {
            if (length is { } size)
            {
                UnixMemory.SetLength(file, size, "Shared memory");
            }

            return new MacOSMemoryMapping(file, path, length ?? RandomAccess.GetLength(file));
        }
        catch
        {
            RemoveIfLast(file, path);
            file.Dispose();
            throw;
        }
    }

    private static string PrepareDirectory()
    {
        string directory = MacFileStatus.EnsureDirectory($"ipcdemos-memory-{Environment.UserName}");
        foreach (string path in Directory.EnumerateFiles(directory))
        {
            try
            {
                using SafeFileHandle? file = TryOpenFile(path, FileMode.Open);
                if (file is not null)
                {
                    RemoveIfLast(file, path);
                }
            }
            catch (IOException)
            {
                // Not now, then: the next process looks again.
            }
        }

        return directory;
    }

    /// <summary>Gives up its lock first: of several that let go at the same time, none would be the last while the others have theirs.</summary>
    private static void RemoveIfLast(SafeFileHandle file, string path)
    {
        if (Flock(file, Unlock) == 0 && Flock(file, LockExclusiveNonBlocking) == 0)
        {
            File.Delete(path);
        }
    }

    private void Exit(object? sender, EventArgs e) => RemoveIfLast(_file, _path);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle file, int operation);
}
