using System.CommandLine;
using IpcDemos.Bench.Harness;
using IpcDemos.Bench.Reports;
using IpcDemos.Bench.Rows;
using IpcDemos.Bench.Soak;

namespace IpcDemos.Bench;

/// <summary>The command line: which rows, how often, and how to show what came of them.</summary>
internal static class BenchCommand
{
    private static readonly Option<string> s_rows = new("--rows")
    {
        Description = "Only these groups or rows, separated by commas: pipe,start/empty-call.",
    };

    private static readonly Option<int> s_rounds = new("--rounds")
    {
        Description = "How often everybody does each row's work; the median counts.",
        DefaultValueFactory = _ => 5,
    };

    private static readonly Option<string> s_python = new("--python")
    {
        Description = "The CPython to compare with.",
        DefaultValueFactory = _ => OperatingSystem.IsWindows() ? "python" : "python3",
    };

    private static readonly Option<FileInfo> s_from = new("--from")
    {
        Description = "Measures nothing and shows a run that was written with --json.",
    };

    private static readonly Option<FileInfo> s_svg = new("--svg") { Description = "Draws the ratios into this file, too." };

    private static readonly Option<bool> s_json = new("--json") { Description = "Writes the run as JSON, every round's figures included." };

    private static readonly Option<bool> s_markdown = new("--markdown") { Description = "Writes the table as Markdown." };

    /// <summary>The exit code: 0, 1 if a row could not be measured, 2 for wrong usage.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        ParseResult parsed = Create().Parse(arguments);
        int exitCode = await parsed.InvokeAsync();
        return parsed.Errors.Count > 0 ? 2 : exitCode;
    }

    private static RootCommand Create()
    {
        s_rounds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--rounds must be at least 1.");
            }
        });
        s_from.AcceptExistingOnly();
        var root = new RootCommand("Measures IpcDemos side by side with CPython's multiprocessing and with what .NET itself offers.")
        {
            s_rows, s_rounds, s_python, s_from, s_svg, s_json, s_markdown,
        };
        root.Subcommands.Add(SoakCommand.Create());
        root.SetAction(ShowAsync);
        return root;
    }

    private static async Task<int> ShowAsync(ParseResult options, CancellationToken cancellationToken)
    {
        RunResult run;
        try
        {
            run = options.GetValue(s_from) is { } file
                ? JsonReport.Read(await File.ReadAllTextAsync(file.FullName, cancellationToken))
                : await MeasureAsync(options);
        }
        catch (UsageException error)
        {
            Console.Error.WriteLine(error.Message);
            return 2;
        }

        if (options.GetValue(s_svg) is { } svg)
        {
            await File.WriteAllTextAsync(svg.FullName, RatioPlot.Draw(run), cancellationToken);
        }

        if (options.GetValue(s_json))
        {
            Console.WriteLine(JsonReport.Write(run));
        }
        else if (options.GetValue(s_markdown))
        {
            Console.Write(MarkdownReport.Write(run));
        }
        else
        {
            ConsoleReport.Write(run);
        }

        foreach (string failure in run.Failures)
        {
            Console.Error.WriteLine($"Not measured: {failure}");
        }

        return run.Failures.Count == 0 ? 0 : 1;
    }

    private static async Task<RunResult> MeasureAsync(ParseResult options)
    {
        PythonInterpreter python = await PythonInterpreter.FindAsync(options.GetValue(s_python)!);
        IReadOnlyList<BenchmarkRow> all = RowCatalog.All(python);
        string[] filters = options.GetValue(s_rows)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (filters.FirstOrDefault(filter => !all.Any(row => row.Matches(filter))) is { } unknown)
        {
            throw new UsageException($"There is no row or group '{unknown}'. The rows are: {string.Join(", ", all.Select(row => row.Name))}.");
        }

        int rounds = options.GetValue(s_rounds);
        var (rows, failures) = BenchmarkRunner.Run(
            [.. all.Where(row => filters.Length == 0 || filters.Any(row.Matches))], rounds, Console.Error.WriteLine);
        return new RunResult(Machine.Current(python), DateTimeOffset.UtcNow, rounds, rows, failures);
    }
}
