using System.Diagnostics;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>
/// A program that a test runs and may kill: <c>TestWorker</c> with a command, which lies beside the tests. Its descendants can be
/// told from all other processes.
/// </summary>
internal sealed class TestProgram : IAsyncDisposable
{
    private const string Variable = "IPCDEMOS_TEST_PROGRAM";
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly WindowsJob? _job;

    private TestProgram(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Variable] = _mark;
        _process = Process.Start(start)!;
        _job = OperatingSystem.IsWindows() ? new WindowsJob(_process) : null;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public static string BesideTheTests { get; } =
        Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "TestWorker.exe" : "TestWorker");

    public int ProcessId => _process.Id;

    public StreamReader Output => _process.StandardOutput;

    public StreamWriter Input => _process.StandardInput;

    public static TestProgram Start(params string[] arguments) => new(BesideTheTests, arguments);

    public static TestProgram StartProgram(string program, params string[] arguments) => new(program, arguments);

    /// <summary>The <c>dotnet</c> command, which need not be there where the tests bring their own runtime.</summary>
    public static string DotnetOrSkip()
    {
        string name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        bool exists = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));
        Assert.SkipUnless(exists, "Needs the dotnet command.");
        return name;
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<TestProgramResult> RunAsync(params string[] arguments)
    {
        await using TestProgram program = Start(arguments);
        return await program.FinishAsync();
    }

    /// <summary>The next line on its standard output; it is a failure if there is none.</summary>
    public async Task<string> ReadLineAsync() =>
        await Output.ReadLineAsync(TestContext.Current.CancellationToken)
        ?? throw new InvalidOperationException($"The program ended its output too early. Its errors: {await _errors}");

    /// <summary>Waits for its end, and that of all who hold its output.</summary>
    public async Task<TestProgramResult> FinishAsync()
    {
        _process.StandardInput.Close();
        string output = await Output.ReadToEndAsync(TestContext.Current.CancellationToken);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new TestProgramResult(_process.ExitCode, Lines(output), Lines(await _errors));
    }

    /// <summary>Waits for its end, without looking at what it wrote.</summary>
    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public void Signal(int signal) => UnixSignal.Send(ProcessId, signal);

    /// <summary>Kills it, and nobody else, without any clean-up.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Its descendants and itself, as far as they run.</summary>
    public List<ProcessIdentity> Tree() => OperatingSystem.IsWindows() ? _job!.Members() : RunningProcesses.With(Variable, _mark);

    /// <summary>Waits until it and its descendants are gone; returns those that are not in time.</summary>
    public Task<List<ProcessIdentity>> WaitUntilGoneAsync(TimeSpan limit) => RunningProcesses.WaitUntilGoneAsync(Tree, limit);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        if (OperatingSystem.IsWindows())
        {
            _job!.Dispose();
        }
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n').Select(line => line.TrimEnd('\r')).ToArray();
}
