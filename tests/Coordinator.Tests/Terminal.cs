using CliWrap;
using CliWrap.Buffered;

namespace IpcDemos.Coordinator.Tests;

/// <summary>Lends a command a pseudo-terminal.</summary>
internal static class Terminal
{
    // Wine, too, has the file.
    public static void SkipUnlessLent() => Assert.SkipWhen(
        OperatingSystem.IsWindows() || !File.Exists("/usr/bin/script"), "Needs the program 'script', which lends a terminal.");

    /// <returns>Everything that the command wrote to the terminal.</returns>
    public static async Task<string> RunAsync(string command, IReadOnlyDictionary<string, string?> environment)
    {
        BufferedCommandResult result = await Cli.Wrap("/usr/bin/script")
            .WithArguments(["--quiet", "--return", "--command", command, "/dev/null"])
            .WithEnvironmentVariables(environment)
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, result.ExitCode);
        return result.StandardOutput;
    }
}
