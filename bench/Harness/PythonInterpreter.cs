using System.ComponentModel;
using System.Globalization;
using CliWrap;
using CliWrap.Buffered;
using CliWrap.Exceptions;

namespace IpcDemos.Bench.Harness;

/// <summary>The CPython that every row is compared with, and the scripts that do the rows' work in it.</summary>
internal sealed class PythonInterpreter
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(5);

    private readonly string _path;

    private PythonInterpreter(string path, string version) => (_path, Version) = (path, version);

    public string Version { get; }

    /// <summary>
    /// Asks the command for the interpreter behind it: a version manager's shim would add its own start-up to every measure.
    /// </summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static async Task<PythonInterpreter> FindAsync(string command)
    {
        string[] answer;
        try
        {
            answer = (await RunAsync(command, "-c", "import sys, platform; print(sys.executable); print(platform.python_version())"))
                .ReplaceLineEndings("\n").Split('\n');
        }
        catch (Exception error) when (error is Win32Exception or CliWrapException)
        {
            throw new UsageException($"There is no CPython behind '{command}'; name one with --python. ({error.Message})", error);
        }

        return new PythonInterpreter(answer[0], "CPython " + answer[1]);
    }

    /// <summary>A measure of a script in <c>bench/python</c>, which prints one number.</summary>
    /// <param name="name">Who, as the tables show it.</param>
    /// <param name="script">The script's file name.</param>
    /// <param name="measure">Which of its measures.</param>
    /// <param name="counts">Its numeric arguments, usually how often the work is done.</param>
    public Contender Contender(string name, string script, string measure, params int[] counts) =>
        new(name, ContenderKind.CPython, () =>
        {
            string[] arguments =
            [
                Path.Combine(AppContext.BaseDirectory, "python", script), measure,
                .. counts.Select(count => count.ToString(CultureInfo.InvariantCulture)),
            ];
            string printed = RunAsync(_path, arguments).GetAwaiter().GetResult();
            return double.TryParse(printed, NumberStyles.Float, CultureInfo.InvariantCulture, out double figure)
                ? figure
                : throw new InvalidDataException($"{script} {measure} printed '{printed}', not one number.");
        });

    private static async Task<string> RunAsync(string command, params string[] arguments)
    {
        using var longest = new CancellationTokenSource(s_longest);
        BufferedCommandResult result = await Cli.Wrap(command).WithArguments(arguments).ExecuteBufferedAsync(longest.Token);
        return result.StandardOutput.Trim();
    }
}
