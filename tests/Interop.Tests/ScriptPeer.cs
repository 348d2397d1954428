using System.Text;
using CliWrap;
using CliWrap.Buffered;

namespace IpcDemos.Interop.Tests;

/// <summary>Another language's program that the tests exchange data with: a script of this project, run by that language's interpreter.</summary>
internal abstract class ScriptPeer
{
    private readonly string _directory;

    /// <param name="directory">The project's folder that holds the scripts.</param>
    protected ScriptPeer(string directory) => _directory = Path.Combine(ProjectDirectory(), directory);

    /// <summary>The interpreter, or null if this machine has none that can run the scripts.</summary>
    protected abstract string? Interpreter { get; }

    /// <summary>What to install where <see cref="Interpreter"/> is missing.</summary>
    protected abstract string Requirement { get; }

    /// <summary>Skips the current test, with a message that says what is missing, if scripts cannot be run here.</summary>
    public void SkipIfMissing() => Assert.SkipWhen(Interpreter is null, $"Missing here: {Requirement}.");

    /// <summary>A command that runs the script; the caller adds pipes.</summary>
    public Command Command(string script, params string[] arguments) =>
        Cli.Wrap(Interpreter ?? throw new InvalidOperationException($"Missing here: {Requirement}."))
            .WithArguments([Path.Combine(_directory, script), .. arguments]);

    /// <summary>Runs the script on <paramref name="input"/> and returns what it wrote; a script that fails is an exception with its trace.</summary>
    public async Task<byte[]> RunAsync(string script, string argument, byte[] input, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        var errors = new StringBuilder();
        CommandResult result = await Command(script, argument)
            .WithStandardInputPipe(PipeSource.FromBytes(input))
            .WithStandardOutputPipe(PipeTarget.ToStream(output))
            .WithStandardErrorPipe(PipeTarget.ToStringBuilder(errors))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync(cancellationToken);
        Assert.True(result.IsSuccess, $"{script} {argument} ended with {result.ExitCode}: {errors}");
        return output.ToArray();
    }

    /// <summary>The first of the programs that runs the given arguments with success.</summary>
    protected static string? FirstThatRuns(IEnumerable<string> programs, params string[] arguments) => programs.FirstOrDefault(program =>
    {
        try
        {
            return Cli.Wrap(program).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync().Task.GetAwaiter().GetResult().IsSuccess;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            // There is no such program.
            return false;
        }
    });

    protected string PathOf(string file) => Path.Combine(_directory, file);

    private static string ProjectDirectory()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Interop.Tests.csproj")))
            {
                return directory.FullName;
            }
        }

        return AppContext.BaseDirectory;
    }
}
