using System.Text.RegularExpressions;

namespace IpcDemos.Coordinator.Tests;

public sealed class ConsoleOutputTests
{
    [Fact(Timeout = 60_000)]
    public async Task Output_into_a_pipe_is_plain_and_names_the_process_of_every_line()
    {
        ProgramResult result = await CoordinatorProgram.RunAsync("--scenario", "coroutine");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.DoesNotContain('\u001b', string.Concat(result.Output));
        Assert.StartsWith("coroutine: ", result.Output[0], StringComparison.Ordinal);
        Assert.Matches($@"^  MainProcess +{result.ProcessId}  Dear James$", result.Output[2]);
        Assert.Matches(@"^  ok in \d+\.\d\d s, no workers$", result.Output[4]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Several_scenarios_end_with_a_table()
    {
        ProgramResult result = await CoordinatorProgram.RunAsync("--scenario", "coroutine,async");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains(result.Output, line => Regex.IsMatch(line, @"^\s*coroutine\s+ok\s+\d+\.\d\d\s+0\s*$"));
        Assert.Equal("2 of 2 scenarios held.", result.Output[^1]);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(null, true)]
    [InlineData("", true)]
    [InlineData("1", false)]
    public async Task A_terminal_gets_colours_unless_NO_COLOR_is_set(string? noColor, bool coloured)
    {
        Terminal.SkipUnlessLent();

        string text = await Terminal.RunAsync(
            $"{CoordinatorProgram.FilePath} --scenario coroutine",
            new Dictionary<string, string?> { ["NO_COLOR"] = noColor, ["TERM"] = "xterm-256color" });

        Assert.Contains("Dear James", text, StringComparison.Ordinal);
        Assert.Equal(coloured, Regex.IsMatch(text, "\u001b\\[[0-9;]+m"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("pool", "doubled: 3 of 3, ")]
    [InlineData("executor", "completed: 3 of 3, ")]
    public async Task A_terminal_gets_a_progress_bar_and_nobody_else(string scenario, string bar)
    {
        Terminal.SkipUnlessLent();

        string terminal = await Terminal.RunAsync(
            $"{CoordinatorProgram.FilePath} --scenario {scenario}",
            new Dictionary<string, string?> { ["NO_COLOR"] = "", ["TERM"] = "xterm-256color" });
        ProgramResult piped = await CoordinatorProgram.RunAsync("--scenario", scenario);

        Assert.Contains(bar, terminal, StringComparison.Ordinal);
        Assert.Contains("per second", terminal, StringComparison.Ordinal);
        Assert.DoesNotContain("per second", string.Concat(piped.Output), StringComparison.Ordinal);
    }
}
