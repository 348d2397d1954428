using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// The directory, of mode 0700 and verified to be this user's, in which this process's named sockets live on Unix. One per
/// process, so that what a killed process leaves is known to be nobody's and is swept by the next one that looks.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal static partial class PrivateDirectory
{
    private const string Prefix = LocalEndpoints.Prefix;
    private const int LongestFile = 24;
    private static readonly Lazy<string> s_path = new(Create);

    /// <summary>Short enough for the files of sockets: a path of one has 107 bytes, 103 on macOS.</summary>
    public static string Path => s_path.Value;

    /// <summary>The path of the socket with such a name.</summary>
    public static string SocketPath(string name) => System.IO.Path.Combine(Path, SocketFile(name));

    /// <summary>
    /// What the file of the socket with such a name, or the beginning of one, is called. The directory says already what all names begin
    /// with; and of 128 random bits, for which there is no room in macOS's temporary directory, 96 are as good.
    /// </summary>
    public static string SocketFile(string name) => name[Prefix.Length..Math.Min(name.Length, Prefix.Length + LongestFile)];

    /// <summary>The directory of a process.</summary>
    public static string PathOf(string root, ProcessIdentity owner) =>
        System.IO.Path.Combine(root, FormattableString.Invariant($"{Prefix}{owner.ProcessId}-{owner.StartTime:x}"));

    /// <summary>Removes the directories of processes of this user that have ended.</summary>
    public static void Sweep()
    {
        foreach (string directory in Directory.EnumerateDirectories(Root, Prefix + "*"))
        {
            if (OwnerIsGone(directory))
            {
                TryDelete(directory);
            }
        }
    }

    /// <summary>Removes the directory of a process of this user that is about to be known as ended.</summary>
    public static void SweepAfter(int processId)
    {
        foreach (string directory in Directory.EnumerateDirectories(Root, FormattableString.Invariant($"{Prefix}{processId}-*")))
        {
            TryDelete(directory);
        }
    }

    /// <summary>The files, whose names begin with <paramref name="prefix"/>, in such directories of all processes of this user.</summary>
    public static IEnumerable<string> FindFiles(string prefix) => Directory.EnumerateDirectories(Root, Prefix + "*").SelectMany(directory =>
    {
        try
        {
            return Directory.GetFiles(directory, prefix + "*");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return []; // another user's, or swept since it was listed
        }
    });

    private static string Root => System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetTempPath());

    private static string Create()
    {
        Sweep();
        string path = PathOf(Root, ProcessIdentity.Current);
        if (Encoding.UTF8.GetByteCount(path) + 1 + LongestFile > LocalSocket.MaximumPathLength)
        {
            throw new IOException($"The path of the temporary directory '{Root}' is too long for sockets in it. Set TMPDIR to a shorter one.");
        }

        // mkdir is exclusive: a directory, file or link that somebody else put there makes it fail instead of being followed.
        if (MakeDirectory(path, 0x1C0) != 0)
        {
            throw new IOException(
                $"The private directory '{path}' could not be created: {Marshal.GetLastPInvokeErrorMessage()}. "
                + "Set TMPDIR to a directory that this user can write to.");
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => TryDelete(path);
        return path;
    }

    private static bool OwnerIsGone(string directory)
    {
        string[] parts = System.IO.Path.GetFileName(directory)[Prefix.Length..].Split('-');
        return parts.Length == 2
            && int.TryParse(parts[0], out int processId)
            && uint.TryParse(parts[1], System.Globalization.NumberStyles.HexNumber, null, out uint startTime)
            && !new ProcessIdentity(processId, startTime).IsAlive;
    }

    private static void TryDelete(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another user's, or another process swept it first: either way it is not ours to remove.
        }
    }

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeDirectory(string path, uint mode);
}
