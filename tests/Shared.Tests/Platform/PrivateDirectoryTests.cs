using System.Runtime.Versioning;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Platform;

/// <summary>Each in a process of its own, since a process has one such directory for good.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PrivateDirectoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("test-of-").FullName;

    public PrivateDirectoryTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "It is Unix's.");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact(Timeout = 60_000)]
    public async Task It_is_its_owners_alone_and_goes_with_the_process()
    {
        (string Path, UnixFileMode Mode) made = await WorkerProcess.Create(
            static (string root) =>
            {
                Environment.SetEnvironmentVariable("TMPDIR", root);
                File.WriteAllText(Path.Combine(PrivateDirectory.Path, "ipcdemos-found"), "");
                Assert.Equal([Path.Combine(PrivateDirectory.Path, "ipcdemos-found")], PrivateDirectory.FindFiles("ipcdemos-f"));
                return (PrivateDirectory.Path, File.GetUnixFileMode(PrivateDirectory.Path));
            },
            _root).RunAsync<(string, UnixFileMode)>();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, made.Mode);
        Assert.StartsWith(_root, made.Path, StringComparison.Ordinal);
        Assert.False(Directory.Exists(made.Path));
    }

    [Theory]
    [InlineData(99_999)]
    [InlineData(999_999)]
    public void Its_sockets_have_paths_that_macOS_has_room_for(int processId)
    {
        const int MacOSLimit = 103;
        string root = $"/var/folders/zz/{new string('x', 30)}/T";
        string directory = PrivateDirectory.PathOf(root, new ProcessIdentity(processId, uint.MaxValue));
        string manager = FormattableString.Invariant($"{ManagerReport.EndpointPrefix}{processId}-{int.MaxValue:x8}");
        string[] files = [PrivateDirectory.SocketFile(LocalEndpoints.CreateName()), PrivateDirectory.SocketFile(manager)];
        Assert.All(files, file => Assert.InRange(Path.Combine(directory, file).Length, 1, MacOSLimit));
        Assert.StartsWith(PrivateDirectory.SocketFile(ManagerReport.EndpointPrefix), files[1], StringComparison.Ordinal);
        Assert.Equal(processId, ManagerReport.ProcessOf(Path.Combine(directory, files[1])));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("directory")]
    [InlineData("link")]
    [InlineData("file")]
    public async Task What_somebody_else_has_put_in_its_place_is_refused_and_left_alone(string kind)
    {
        string other = Directory.CreateDirectory(Path.Combine(_root, "other")).FullName;
        string error = await WorkerProcess.Create(
            static (string root, string other, string kind) =>
            {
                Environment.SetEnvironmentVariable("TMPDIR", root);
                ProcessIdentity self = ProcessIdentity.Current;
                string path = Path.Combine(root, FormattableString.Invariant($"ipcdemos-{self.ProcessId}-{self.StartTime:x}"));
                _ = kind switch
                {
                    "directory" => Directory.CreateDirectory(path),
                    "link" => Directory.CreateSymbolicLink(path, other),
                    _ => Create(path),
                };
                return Assert.Throws<IOException>(() => PrivateDirectory.Path).Message;

                static FileSystemInfo Create(string path)
                {
                    File.WriteAllText(path, "");
                    return new FileInfo(path);
                }
            },
            _root,
            other,
            kind).RunAsync<string>();
        Assert.Contains("could not be created", error, StringComparison.Ordinal);
        Assert.Contains("TMPDIR", error, StringComparison.Ordinal);
        Assert.True(Directory.Exists(other));
        Assert.Empty(Directory.EnumerateFileSystemEntries(other));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_the_dead_have_left_is_swept_and_what_the_living_have_is_not()
    {
        ProcessIdentity self = ProcessIdentity.Current;
        string dead = Directory.CreateDirectory(Path.Combine(_root, FormattableString.Invariant($"ipcdemos-{self.ProcessId}-{self.StartTime + 1:x}"))).FullName;
        string living = Directory.CreateDirectory(Path.Combine(_root, FormattableString.Invariant($"ipcdemos-{self.ProcessId}-{self.StartTime:x}"))).FullName;
        string strange = Directory.CreateDirectory(Path.Combine(_root, "ipcdemos-of-somebody")).FullName;
        await File.WriteAllTextAsync(Path.Combine(dead, "socket"), "", TestContext.Current.CancellationToken);
        _ = await WorkerProcess.Create(
            static (string root) =>
            {
                Environment.SetEnvironmentVariable("TMPDIR", root);
                PrivateDirectory.Sweep();
            },
            _root).RunAsync();
        Assert.Equal([living, strange], Directory.GetDirectories(_root).Order(StringComparer.Ordinal));
    }
}
