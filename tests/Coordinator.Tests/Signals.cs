using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using CliWrap;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Tests;

/// <summary>Sends a program what a terminal or a shell would send it.</summary>
internal static partial class Signals
{
    public const string Interrupt = "INT";

    /// <summary>Makes it possible to send one without delay.</summary>
    public static Task PrepareAsync() => OperatingSystem.IsWindows() ? WorkerProcess.KeepSparesAsync(1) : Task.CompletedTask;

    /// <param name="signal">Its name without SIG; on Windows only <see cref="Interrupt"/>, which is Ctrl+C there.</param>
    /// <param name="processId">To whom; negative for the whole process group that this one leads.</param>
    public static Task SendAsync(string signal, int processId) => OperatingSystem.IsWindows()
        ? PressCtrlCAsync(processId)
        : Cli.Wrap("kill")
            .WithArguments(["-s", signal, "--", processId.ToString(CultureInfo.InvariantCulture)])
            .ExecuteAsync(TestContext.Current.CancellationToken);

    // Ctrl+C goes to the processes of one's own console, so a process that can leave its own must do it.
    private static async Task PressCtrlCAsync(int processId)
    {
        await using var worker = WorkerProcess.Create(PressCtrlC, processId);
        worker.Start();
        await worker.JoinAsync(TestContext.Current.CancellationToken);
        Assert.True(worker.ExitCode == 0, $"{worker.Error}");
    }

    private static void PressCtrlC(int processId)
    {
        _ = FreeConsole();
        if (AttachConsole(processId) == 0 || SetConsoleCtrlHandler(0, ignore: 1) == 0 || GenerateConsoleCtrlEvent(0, 0) == 0)
        {
            throw new Win32Exception();
        }
    }

    [LibraryImport("kernel32")]
    private static partial int FreeConsole();

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int AttachConsole(int processId);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int SetConsoleCtrlHandler(nint handler, int ignore);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int GenerateConsoleCtrlEvent(uint kind, uint group);
}
