using System.Diagnostics;
using System.Globalization;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Tests.Support;

[assembly: AssemblyFixture(typeof(CleanRun))]

namespace IpcDemos.Shared.Tests.Support;

/// <summary>
/// Fails the run if, at its end, a process that it started, directly or not, still runs, or a file is left in /dev/shm or in the
/// directory for temporary files, of which the run has its own.
/// </summary>
public sealed class CleanRun : IAsyncDisposable
{
    private const string RunVariable = "IPCDEMOS_TEST_RUN";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly string _run = Guid.NewGuid().ToString("N");
    private readonly string? _systemTemporary = Environment.GetEnvironmentVariable("TMPDIR");
    private readonly string _temporary;
    private readonly HashSet<string> _sharedBefore = [.. SharedFiles()];

    public CleanRun()
    {
        // Short: the names of sockets in it are limited to some hundred bytes.
        _temporary = Directory.CreateTempSubdirectory("ipc").FullName;
        Environment.SetEnvironmentVariable(RunVariable, _run);
        Environment.SetEnvironmentVariable("TMPDIR", _temporary);
    }

    public async ValueTask DisposeAsync()
    {
        var complaints = new List<string>();
        if (OperatingSystem.IsLinux())
        {
            List<ProcessIdentity> left = await RunningProcesses.WaitUntilGoneAsync(() => RunningProcesses.With(RunVariable, _run), s_patience);
            complaints.AddRange(left.Select(process => "process " + RunningProcesses.Describe(process)));
            left.ForEach(process => UnixSignal.Send(process.ProcessId, UnixSignal.Kill)); // this program would wait for its workers
            complaints.AddRange(await StayingAsync(() => Zombies().Select(process => $"process {process}, ended but not waited for")));
            complaints.AddRange(await StayingAsync(() => SharedFiles().Where(file => !_sharedBefore.Contains(file) && !IsHeldByOthers(file))));
        }

        complaints.AddRange(Directory.EnumerateFileSystemEntries(_temporary).Where(entry => !IsOfTheRuntime(entry)));
        Environment.SetEnvironmentVariable("TMPDIR", _systemTemporary);
        Directory.Delete(_temporary, recursive: true);
        if (complaints.Count > 0)
        {
            throw new InvalidOperationException("The tests left behind: " + string.Join("; ", complaints));
        }
    }

    // One look may come between the end of a process and its creator's notice of it, or, of a file of another program's, just after that
    // one has let go of it and before it removes it.
    private static async Task<string[]> StayingAsync(Func<IEnumerable<string>> look)
    {
        long start = Stopwatch.GetTimestamp();
        string[] found = [.. look()];
        while (found.Length > 0 && Stopwatch.GetElapsedTime(start) < s_patience)
        {
            await Task.Delay(10);
            found = [.. look()];
        }

        return found;
    }

    // What .NET itself leaves of a program that was killed, so that debuggers could have found it.
    private static bool IsOfTheRuntime(string entry) =>
        Path.GetFileName(entry) is var name
        && (name.StartsWith("dotnet-diagnostic-", StringComparison.Ordinal)
            || name.StartsWith("clr-debug-pipe-", StringComparison.Ordinal)
            || name == ".dotnet");

    private static string[] SharedFiles() => Directory.Exists("/dev/shm") ? Directory.GetFileSystemEntries("/dev/shm") : [];

    // Another program that works with shared memory at the same time has its own files there.
    private static bool IsHeldByOthers(string file) => Directory.EnumerateDirectories("/proc")
        .Where(directory => int.TryParse(Path.GetFileName(directory), out int process) && process != Environment.ProcessId)
        .Any(directory => Maps(directory).Contains(file, StringComparison.Ordinal));

    private static string Maps(string directory)
    {
        try
        {
            return File.ReadAllText(directory + "/maps");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static IEnumerable<int> Zombies()
    {
        string parent = string.Create(CultureInfo.InvariantCulture, $"\nPPid:\t{Environment.ProcessId}\n");
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out int process))
            {
                continue;
            }

            string status;
            try
            {
                status = File.ReadAllText(directory + "/status");
            }
            catch (IOException)
            {
                continue;
            }

            if (status.Contains(parent, StringComparison.Ordinal) && status.Contains("\nState:\tZ", StringComparison.Ordinal))
            {
                yield return process;
            }
        }
    }
}
