using System.Diagnostics;
using System.Runtime.InteropServices;

namespace IpcDemos.Coordinator.Tests;

/// <summary>The troubles of <c>docs/troubleshooting.md</c>, as far as they can be made: each gives the error that the page names.</summary>
public sealed class TroubleshootingTests
{
    // The numbers on x64 of memfd_create, pidfd_open and futex_waitv.
    private const int MakeMemory = 319;
    private const int WatchProcess = 434;
    private const int WaitForSeveralWords = 449;

    [Fact(Timeout = 60_000)]
    public async Task Named_memory_larger_than_dev_shm_says_how_much_is_left_and_how_to_enlarge_it()
    {
        string output = await RunInsideAsync("-m", "mount -t tmpfs -o size=64k tmpfs /dev/shm", "shared-memory", expected: 1);

        Assert.Contains("does not fit: /dev/shm has 65536 bytes left. Enlarge it", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_dev_shm_from_which_nothing_can_be_executed_is_enough() =>
        _ = await RunInsideAsync("-m", "mount -t tmpfs -o size=64m,noexec tmpfs /dev/shm", "shared-memory", expected: 0);

    [Fact(Timeout = 60_000)]
    public async Task A_read_only_tmp_keeps_no_worker_from_running() =>
        _ = await RunInsideAsync("-m", "mount --bind /tmp /tmp && mount -o remount,ro,bind /tmp", "pool,listener", expected: 0);

    [Fact(Timeout = 60_000)]
    public async Task A_pid_namespace_with_a_proc_of_its_own_is_enough() =>
        _ = await RunInsideAsync("-m --pid --fork --mount-proc", "true", "pool", expected: 0);

    [Fact(Timeout = 60_000)]
    public async Task A_pid_namespace_with_the_proc_of_another_is_named_as_the_cause()
    {
        string output = await RunInsideAsync("--pid --fork", "true", "pool", expected: 1);

        Assert.Contains("/proc shows another PID namespace", output, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(MakeMemory, "Shared memory could not be created: Operation not permitted")]
    [InlineData(WatchProcess, "Operation not permitted")]
    public async Task A_system_call_that_is_forbidden_is_named_as_the_cause(int systemCall, string error)
    {
        (int exitCode, string output) = await RunWithoutAsync(systemCall);

        Assert.Equal(1, exitCode);
        Assert.Contains(error, output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Waiting_for_several_words_at_once_may_be_forbidden()
    {
        (int exitCode, string output) = await RunWithoutAsync(WaitForSeveralWords);

        Assert.True(exitCode == 0, output);
    }

    /// <summary>Runs a scenario as a container's engine would that forbids one system call.</summary>
    private static Task<(int ExitCode, string Output)> RunWithoutAsync(int systemCall)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && File.Exists("/usr/bin/python3"),
            "Needs Linux on x64, and Python to set up the filter.");
        string filter = Path.Combine(AppContext.BaseDirectory, "forbid.py");
        return ShellAsync($"exec /usr/bin/python3 '{filter}' {systemCall} '{CoordinatorProgram.FilePath}' --scenario lock");
    }

    /// <summary>Runs a scenario in namespaces of its own that have been prepared by shell commands.</summary>
    private static async Task<string> RunInsideAsync(string namespaces, string preparation, string scenario, int expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Namespaces are Linux's.");
        (int exitCode, string output) = await ShellAsync($"unshare {namespaces} sh -c '{preparation}'");
        Assert.SkipUnless(exitCode == 0, $"'unshare {namespaces}' is not permitted here: {output}");
        (exitCode, output) = await ShellAsync(
            $"unshare {namespaces} sh -c '{preparation} && exec \"$0\" --scenario {scenario}' '{CoordinatorProgram.FilePath}'");
        Assert.True(exitCode == expected, output);
        return output;
    }

    private static async Task<(int ExitCode, string Output)> ShellAsync(string command)
    {
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", command + " 2>&1"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }
}
