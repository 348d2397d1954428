using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using IpcDemos.Coordinator.Inspection;
using IpcDemos.Coordinator.Output;
using IpcDemos.Coordinator.Running;
using IpcDemos.Coordinator.Scenarios;

namespace IpcDemos.Coordinator;

/// <summary>What the program understands on its command line, and what it answers to what it does not.</summary>
internal static class CommandLine
{
    private static readonly Option<IScenario[]> s_scenarios = new("--scenario")
    {
        Description = "The scenarios to run, separated by commas, or all of them.",
        HelpName = "NAME[,NAME...]|all",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = ParseScenarios,
    };

    private static readonly Option<double> s_timeScale = new("--time-scale")
    {
        Description = "How many seconds one second of the course takes here; 1 is the course's own pace.",
        HelpName = "F",
        DefaultValueFactory = _ => 0.1,
        CustomParser = ParseTimeScale,
    };

    private static readonly Option<int?> s_workers = new("--workers")
    {
        Description = "How many worker processes to use where a scenario has the choice. [default: the scenario's own number]",
        HelpName = "N",
        CustomParser = ParseWorkers,
    };

    private static readonly Option<Uri?> s_baseUrl = new("--base-url")
    {
        Description = "Where async-http sends its requests. [default: a server that the scenario starts itself]",
        HelpName = "URL",
        CustomParser = ParseBaseUrl,
    };

    private static readonly Option<string?> s_output = new("--output")
    {
        Description = "The directory where shared-memory leaves its picture. [default: none; it is checked and deleted]",
        HelpName = "DIR",
        CustomParser = ParseOutput,
    };

    private static readonly Option<bool> s_json = new("--json")
    {
        Description = "Writes JSON Lines to standard output, and nothing else there.",
        Recursive = true,
    };

    private static readonly Option<bool> s_watch = new("--watch") { Description = "Goes on showing them, until Ctrl+C." };

    /// <summary>Parses and runs.</summary>
    /// <param name="arguments">The program's arguments.</param>
    /// <param name="interruption">Cancelled by Ctrl+C.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken interruption)
    {
        ParseResult parsed = CreateRootCommand().Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync(error.Message);
            }

            await Console.Error.WriteLineAsync("'Coordinator --help' explains the options.");
            return ExitCodes.WrongUsage;
        }

        var configuration = new InvocationConfiguration
        {
            // The program handles signals itself: the framework's handler would stop waiting for the workers' end after two seconds.
            ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, interruption);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"Standard output cannot be written: {exception.Message}");
            return ExitCodes.CheckFailed;
        }
    }

    private static RootCommand CreateRootCommand()
    {
        var root = new RootCommand("Runs the demo scenarios of IpcDemos with real worker processes; each checks its own result.")
        {
            s_scenarios, s_timeScale, s_workers, s_baseUrl, s_output, s_json,
        };
        root.Validators.Add(result =>
        {
            bool forSubcommand = result.Children.OfType<CommandResult>().Any();
            if (!forSubcommand && result.GetResult(s_scenarios) is null)
            {
                result.AddError("Say what to run: '--scenario NAME[,NAME...]' or '--scenario all'; 'Coordinator list' names the scenarios.");
            }
        });
        root.SetAction(RunScenariosAsync);

        var list = new Command("list", "Lists the scenarios, one line each.");
        list.SetAction(result =>
        {
            CreateOutput(result).List(ScenarioCatalog.All);
            return ExitCodes.Success;
        });
        root.Subcommands.Add(list);

        var inspect = new Command("inspect", "Shows the running worker processes of this user, and what their managers host.") { s_watch };
        inspect.SetAction(InspectAsync);
        root.Subcommands.Add(inspect);
        return root;
    }

    private static async Task<int> RunScenariosAsync(ParseResult result, CancellationToken interruption)
    {
        var options = new ScenarioOptions
        {
            TimeScale = result.GetValue(s_timeScale),
            Workers = result.GetValue(s_workers),
            BaseUrl = result.GetValue(s_baseUrl),
            OutputDirectory = result.GetValue(s_output),
        };
        IScenarioOutput output = CreateOutput(result);
        bool allHeld = await new ScenarioRunner(output, options, interruption).RunAsync(result.GetRequiredValue(s_scenarios));
        return allHeld ? ExitCodes.Success : ExitCodes.CheckFailed;
    }

    private static async Task<int> InspectAsync(ParseResult result, CancellationToken interruption)
    {
        IInspectionOutput output = result.GetValue(s_json)
            ? new JsonInspection(new JsonLinesWriter(Console.OpenStandardOutput()))
            : new ConsoleInspection(Terminal.Create());
        await Inspector.RunAsync(output, result.GetValue(s_watch), interruption);
        return ExitCodes.Success;
    }

    private static IScenarioOutput CreateOutput(ParseResult result) =>
        result.GetValue(s_json)
            ? new JsonLinesOutput(new JsonLinesWriter(Console.OpenStandardOutput()))
            : new ConsoleOutput(Terminal.Create());

    private static IScenario[]? ParseScenarios(ArgumentResult argument)
    {
        var chosen = new List<IScenario>();
        foreach (string name in argument.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries)))
        {
            if (name == "all")
            {
                chosen.AddRange(ScenarioCatalog.All);
            }
            else if (ScenarioCatalog.Find(name) is { } scenario)
            {
                chosen.Add(scenario);
            }
            else
            {
                IEnumerable<string> nearest = NearestNames.Of(name, ScenarioCatalog.All.Select(candidate => candidate.Name));
                argument.AddError(
                    $"There is no scenario '{name}'. The nearest: {string.Join(", ", nearest)}. 'Coordinator list' names them all.");
                return null;
            }
        }

        return [.. chosen];
    }

    private static double ParseTimeScale(ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double scale) && scale is > 0 and <= 1000)
        {
            return scale;
        }

        argument.AddError($"--time-scale is a number above 0 and up to 1000, such as 0.1 or 1; it was '{text}'.");
        return default;
    }

    private static int? ParseWorkers(ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int workers) && workers is >= 1 and <= 1024)
        {
            return workers;
        }

        argument.AddError($"--workers is a whole number from 1 to 1024; it was '{text}'.");
        return null;
    }

    private static Uri? ParseBaseUrl(ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https")
        {
            return url;
        }

        argument.AddError($"--base-url is an absolute http or https address, such as https://www.reddit.com; it was '{text}'.");
        return null;
    }

    private static string? ParseOutput(ArgumentResult argument)
    {
        string directory = argument.Tokens[0].Value;
        if (Directory.Exists(directory))
        {
            return directory;
        }

        argument.AddError($"--output is a directory that exists; there is none at '{directory}'.");
        return null;
    }
}
