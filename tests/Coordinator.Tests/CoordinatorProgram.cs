using System.Text;
using CliWrap;

namespace IpcDemos.Coordinator.Tests;

/// <summary>Runs the built coordinator as a user would: as a program, with arguments, through its standard streams.</summary>
internal static class CoordinatorProgram
{
    public static string FilePath { get; } =
        Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Coordinator.exe" : "Coordinator");

    public static Task<ProgramResult> RunAsync(params string[] arguments) => RunAsync(arguments, (_, _) => { });

    /// <param name="arguments">The command line.</param>
    /// <param name="onLine">Called with the program's process id and each line of its standard output, when it arrives.</param>
    /// <param name="environment">Variables to set in addition.</param>
    /// <param name="leadsGroup">Whether it leads a process group of its own, as a program that a shell runs in a terminal does.</param>
    public static async Task<ProgramResult> RunAsync(
        string[] arguments, Action<int, string> onLine, IReadOnlyDictionary<string, string?>? environment = null, bool leadsGroup = false)
    {
        var output = new List<string>();
        var error = new StringBuilder();
        var started = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        CommandTask<CommandResult> command = Cli.Wrap(leadsGroup ? "setsid" : FilePath)
            .WithArguments(leadsGroup ? [FilePath, .. arguments] : arguments)
            .WithEnvironmentVariables(environment ?? new Dictionary<string, string?>())
            .WithValidation(CommandResultValidation.None)
            .WithStandardErrorPipe(PipeTarget.ToStringBuilder(error, Encoding.UTF8))
            .WithStandardOutputPipe(PipeTarget.ToDelegate(
                async line =>
                {
                    output.Add(line);
                    onLine(await started.Task, line);
                },
                Encoding.UTF8))
            .ExecuteAsync(TestContext.Current.CancellationToken);
        started.SetResult(command.ProcessId);
        CommandResult result = await command;
        return new ProgramResult(command.ProcessId, result.ExitCode, output, error.ToString());
    }
}
