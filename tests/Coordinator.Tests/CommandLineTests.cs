namespace IpcDemos.Coordinator.Tests;

public sealed class CommandLineTests
{
    [Fact(Timeout = 60_000)]
    public async Task An_unknown_scenario_is_wrong_usage_and_the_nearest_are_named()
    {
        ProgramResult result = await CoordinatorProgram.RunAsync("--scenario", "threads,corutine", "--json");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("'corutine'", result.Error, StringComparison.Ordinal);
        Assert.Contains("coroutine", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_beginning_of_a_name_counts_as_near()
    {
        ProgramResult result = await CoordinatorProgram.RunAsync("--scenario", "prime");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("The nearest: prime-threads", result.Error, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("--scenario NAME")]
    [InlineData("--scenario", "--scenario")]
    [InlineData("'missing'", "--scenario", "missing")]
    [InlineData("'fast'", "--scenario", "all", "--time-scale", "fast")]
    [InlineData("'0'", "--scenario", "all", "--time-scale", "0")]
    [InlineData("'NaN'", "--scenario", "all", "--time-scale", "NaN")]
    [InlineData("'0,5'", "--scenario", "all", "--time-scale", "0,5")]
    [InlineData("'-1'", "--scenario", "all", "--workers", "-1")]
    [InlineData("'0'", "--scenario", "all", "--workers", "0")]
    [InlineData("'ftp://example.org'", "--scenario", "all", "--base-url", "ftp://example.org")]
    [InlineData("'no/such/place'", "--scenario", "all", "--output", "no/such/place")]
    [InlineData("--unknown", "--scenario", "all", "--unknown")]
    [InlineData("nonsense", "nonsense")]
    public async Task Wrong_usage_ends_with_2_names_what_was_wrong_and_runs_nothing(string named, params string[] arguments)
    {
        ProgramResult result = await CoordinatorProgram.RunAsync(arguments);

        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact(Timeout = 60_000)]
    public async Task Several_scenarios_run_in_the_order_given()
    {
        ProgramResult result = await CoordinatorProgram.RunAsync("--json", "--scenario", "coroutine,async", "--scenario", "prime-threads");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(["coroutine", "async", "prime-threads"], ScenarioNames(result));
    }

    [Fact(Timeout = 60_000)]
    public async Task List_names_every_scenario_in_the_order_of_the_course()
    {
        ProgramResult forPeople = await CoordinatorProgram.RunAsync("list");
        ProgramResult forPrograms = await CoordinatorProgram.RunAsync("list", "--json");

        Assert.Equal(0, forPeople.ExitCode);
        Assert.Equal(0, forPrograms.ExitCode);
        Assert.Equal(ScenarioNames(forPrograms), forPeople.Output.Select(line => line.Split(' ')[0]));
        Assert.All(forPeople.Output, line => Assert.Matches(@"^[a-z-]+ +\S.*$", line));
        Assert.All(
            ["threads", "queue", "refcount", "lock", "creator-consumer", "shared-memory", "crash"], name => Assert.Contains(name, ScenarioNames(forPrograms)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Help_explains_the_options()
    {
        ProgramResult result = await CoordinatorProgram.RunAsync("--help");

        Assert.Equal(0, result.ExitCode);
        string help = string.Join('\n', result.Output);
        Assert.All(["--scenario", "--time-scale", "--workers", "--output", "--json", "list"], option => Assert.Contains(option, help, StringComparison.Ordinal));
    }

    private static IEnumerable<string?> ScenarioNames(ProgramResult result) =>
        from record in result.Records()
        where record.GetProperty("type").GetString() == "scenario"
        select record.GetProperty("name").GetString();
}
