namespace IpcDemos.Shared.Platform;

/// <summary>
/// The local endpoints that processes listen at now, by name, as the system itself lists them: so that there is no register to
/// keep up to date, and nothing left behind by who was killed.
/// </summary>
internal static class LocalEndpoints
{
    /// <summary>What the names of this library's endpoints begin with.</summary>
    public const string Prefix = "ipcdemos-";

    /// <summary>A new name that nobody can guess.</summary>
    public static string CreateName() => Prefix + Guid.NewGuid().ToString("N");

    /// <summary>
    /// The endpoints whose names begin with <paramref name="prefix"/>, as paths of sockets (<c>@</c> for Linux's abstract namespace)
    /// or names of pipes. They may be other users', and may be gone by the time they are connected to.
    /// </summary>
    public static IEnumerable<string> Find(string prefix)
    {
        const string pipes = @"\\.\pipe\";
        return OperatingSystem.IsWindows() ? Directory.EnumerateFiles(pipes, prefix + "*").Select(path => path[pipes.Length..])
            : OperatingSystem.IsLinux() ? FindAbstract("@" + prefix)
            : PrivateDirectory.FindFiles(PrivateDirectory.SocketFile(prefix));
    }

    // A line is eight columns, of which the last is the name. Accepted connections have their listener's name, too.
    private static IEnumerable<string> FindAbstract(string prefix) => File.ReadLines("/proc/net/unix")
        .Select(line => line.LastIndexOf(' ') is var space && line.AsSpan(space + 1).StartsWith(prefix, StringComparison.Ordinal) ? line[(space + 1)..] : "")
        .Where(name => name.Length > 0)
        .Distinct(StringComparer.Ordinal);
}
