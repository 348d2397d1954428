using System.Text.Json;
using System.Text.RegularExpressions;

namespace IpcDemos.Coordinator.Tests.Scenarios;

public sealed class ProcessScenarioTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_list_goes_through_both_kinds_of_pipes_and_comes_back_reversed()
    {
        ProgramResult result = await ScenarioRun.RunAsync("pipe");

        string[] once = ["""MainProcess: [42,null,"hello"]""", """Process-1: f: x=["hello",null,42]"""];
        Assert.Equal([.. once, .. once], result.Lines().Select(line => $"{line.Process}: {line.Text}"));
        Assert.Equal(3, result.Lines().Select(line => line.ProcessId).Distinct().Count());
    }

    [Fact(Timeout = 120_000)]
    public async Task The_pipe_scenario_tells_people_the_transport_in_a_title()
    {
        ProgramResult result = await CoordinatorProgram.RunAsync("--scenario", "pipe");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("pipe over anonymous pipes", result.Output);
        Assert.Contains("pipe over a named pipe", result.Output);
    }

    [Fact(Timeout = 120_000)]
    public async Task Continents_are_printed_by_a_process_each()
    {
        ProgramResult result = await ScenarioRun.RunAsync("process");

        Assert.Equal(
            [
                ("Process-1", "The name of continent is : Asia"),
                ("Process-2", "The name of continent is : America"),
                ("Process-3", "The name of continent is : Europe"),
                ("Process-4", "The name of continent is : Africa"),
            ],
            result.Lines().Select(line => (line.Process, line.Text)).Order());
    }

    [Fact(Timeout = 120_000)]
    public async Task Doublers_tell_the_process_id_that_the_line_is_attributed_to()
    {
        ProgramResult result = await ScenarioRun.RunAsync("doubler");

        Assert.All(result.Lines(), line => Assert.EndsWith($" by process id: {line.ProcessId}", line.Text, StringComparison.Ordinal));
        Assert.Equal(
            ["5 doubled to 10", "10 doubled to 20", "15 doubled to 30", "20 doubled to 40", "25 doubled to 50"],
            result.Lines().OrderBy(line => line.Process).Select(line => line.Text[..line.Text.IndexOf(" by ", StringComparison.Ordinal)]));
    }

    [Fact(Timeout = 120_000)]
    public async Task Process_names_count_the_one_that_was_never_started()
    {
        ProgramResult result = await ScenarioRun.RunAsync("process-names");

        Assert.Equal(
            [
                "10 doubled to 20 by: Process-3", "15 doubled to 30 by: Process-4", "2 doubled to 4 by: Test",
                "20 doubled to 40 by: Process-5", "25 doubled to 50 by: Process-6", "5 doubled to 10 by: Process-2",
            ],
            result.Texts().Order(StringComparer.Ordinal));
        Assert.All(result.Lines(), line => Assert.EndsWith($" by: {line.Process}", line.Text, StringComparison.Ordinal));
        Assert.Equal(6, Workers(result).Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Logging_shows_what_each_process_goes_through()
    {
        ProgramResult result = await ScenarioRun.RunAsync("logging");

        string[] items = ["tango", "foxtrot", "10"];
        for (int number = 1; number <= items.Length; number++)
        {
            string name = $"Process-{number}";
            Assert.Equal(
                [
                    $"[INFO/{name}] child process calling self.run()",
                    $"[INFO/{name}] process exiting with exitcode 0",
                    $"[INFO/{name}] process shutting down",
                    items[number - 1],
                ],
                result.Lines().Where(line => line.Process == name).Select(line => line.Text).Order(s_logFirst));
        }

        Assert.Equal("[INFO/MainProcess] process shutting down", result.Texts()[^1]);
        Assert.Equal(13, result.Texts().Count);
        Assert.Empty(result.Error);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_log_of_one_scenario_does_not_go_on_in_the_next()
    {
        ProgramResult result = await CoordinatorProgram.RunAsync("--json", "--scenario", "logging,process");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(13 + 4, result.Texts().Count);
        Assert.Empty(result.Error);
    }

    [Fact(Timeout = 120_000)]
    public async Task Lambdas_give_the_same_here_and_in_a_worker()
    {
        ProgramResult result = await ScenarioRun.RunAsync("lambda");

        Assert.Equal(["identity(3) = 3", "add_one(2) = 3", "Full name: Guido Van Rossum", "5", "6", "7"], result.Texts());
        Assert.NotEmpty(Workers(result));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_coprocess_doubles_what_the_other_one_writes()
    {
        ProgramResult result = await ScenarioRun.RunAsync("coprocess");

        Assert.Equal(["1 -> 2", "2 -> 4", "3 -> 6", "4 -> 8", "5 -> 10"], result.Texts());
        Assert.All(result.Lines(), line => Assert.Equal("Process-2", line.Process));
        Assert.Equal(2, Workers(result).Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Gil_measures_threads_a_lock_and_processes()
    {
        IReadOnlyList<string> texts = await ScenarioRun.LinesAsync("gil", "--time-scale", "0.01");

        Assert.Collection(
            texts,
            text => Assert.Matches(@"^one thread: \d+\.\d+ s$", text),
            text => Assert.Matches(@"^two threads: \d+\.\d+ s \(\d+\.\d+x\)$", text),
            text => Assert.Matches(@"^two threads, one lock: \d+\.\d+ s \(\d+\.\d+x\)$", text),
            text => Assert.Matches(@"^two processes: \d+\.\d+ s \(\d+\.\d+x\)$", text));
    }

    [Fact(Timeout = 120_000)]
    public async Task Gil_draws_a_chart_for_people()
    {
        ProgramResult result = await CoordinatorProgram.RunAsync("--scenario", "gil", "--time-scale", "0.01");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.All(
            ["one thread", "two threads", "two threads, one lock", "two processes"],
            label => Assert.Contains(result.Output, line => Regex.IsMatch(line, $@"^ *{label}  █* *\d+(\.\d+)? *$")));
        Assert.Contains(result.Output, line => line.Contains('█', StringComparison.Ordinal));
    }

    private static IReadOnlyList<JsonElement> Workers(ProgramResult result) =>
        [.. result.Records()[^1].GetProperty("workers").EnumerateArray()];

    private static readonly Comparer<string> s_logFirst = Comparer<string>.Create((left, right) =>
        (!left.StartsWith('['), left).CompareTo((!right.StartsWith('['), right)));
}
