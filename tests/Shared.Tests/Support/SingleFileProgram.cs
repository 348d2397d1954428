using System.Diagnostics;
using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Tests.Support;

/// <summary><c>TestWorker</c>, published into a single file when a test first asks for it.</summary>
public sealed class SingleFileProgram : IDisposable
{
    private readonly Lock _lock = new();
    private DirectoryInfo? _directory;
    private Task<string>? _publishing;

    public async Task<string> PathAsync()
    {
        string root = Repository.RootOrSkip();
        lock (_lock)
        {
            _publishing ??= PublishAsync(root);
        }

        return await _publishing;
    }

    public void Dispose() => _directory?.Delete(recursive: true);

    private async Task<string> PublishAsync(string root)
    {
        _directory = Directory.CreateTempSubdirectory("single");
        string output = Path.Combine(_directory.FullName, "out");
        using Process publish = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                "publish", Path.Combine(root, "tests", "TestWorker"), "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "false",
                "-p:PublishSingleFile=true", "-p:PublishReadyToRun=false", "-p:RunAnalyzers=false", "-nodeReuse:false", "--disable-build-servers",
                "--artifacts-path", Path.Combine(_directory.FullName, "artifacts"), "-o", output,
            ])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            Environment = { ["TMPDIR"] = _directory.FullName }, // the build leaves things of its own
        })!;
        string log = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, log);
        return Path.Combine(output, Path.GetFileName(TestProgram.BesideTheTests));
    }
}
