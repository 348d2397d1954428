using System.Diagnostics;
using System.Text.Json;

namespace IpcDemos.Coordinator.Tests;

public sealed class InterruptionTests
{
    [Theory(Timeout = 120_000)]
    [InlineData(Signals.Interrupt, 130)]
    [InlineData("TERM", 143)]
    public async Task A_signal_stops_threads_in_order(string signal, int exitCode)
    {
        ProgramResult result = await RunAndSignalAsync(signal, "threads", whenTextStartsWith: "Thread-1", "--time-scale", "1");

        Assert.Equal(exitCode, result.ExitCode);
        Assert.False(LastResult(result).GetProperty("ok").GetBoolean());
    }

    [Theory(Timeout = 120_000)]
    [InlineData("pipe", "[42")]
    [InlineData("process", "The name")]
    [InlineData("doubler", "")]
    [InlineData("logging", "[INFO/Process-")]
    [InlineData("gil", "one thread")]
    [InlineData("async-http", "")]
    [InlineData("pool", "")]
    public async Task Ctrl_C_stops_the_workers_and_leaves_none(string scenario, string whenTextStartsWith)
    {
        // More scenarios follow, so that the signal finds the program at work even if it comes late.
        ProgramResult result = await RunAndSignalAsync(Signals.Interrupt, $"{scenario},all", whenTextStartsWith);

        Assert.True(result.ExitCode == 130, result.ToString());
        foreach (JsonElement record in result.Records().Where(record => record.GetProperty("type").GetString() == "result"))
        {
            Assert.All(record.GetProperty("workers").EnumerateArray(), worker =>
            {
                Assert.Equal(JsonValueKind.Number, worker.GetProperty("exitCode").ValueKind);
                Assert.False(IsRunning(worker.GetProperty("pid").GetInt32()));
            });
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ctrl_C_ends_a_pool_in_the_middle_of_a_task_that_does_not_listen(bool toItsGroup)
    {
        Assert.SkipWhen(toItsGroup && !OperatingSystem.IsLinux(), "Needs the setsid command.");

        // At this pace the task that comes next runs for minutes.
        ProgramResult result = await RunAndSignalAsync(Signals.Interrupt, "executor", "completed: ", toItsGroup, "--time-scale", "300");

        Assert.True(result.ExitCode == 130, result.ToString());
        JsonElement[] workers = [.. LastResult(result).GetProperty("workers").EnumerateArray()];
        Assert.NotEmpty(workers);
        Assert.All(workers, worker => Assert.False(IsRunning(worker.GetProperty("pid").GetInt32())));
        string[] messages = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Contains("interrupted", Assert.Single(messages), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_scenario_that_was_interrupted_is_the_last()
    {
        ProgramResult result = await RunAndSignalAsync(Signals.Interrupt, "threads,coroutine", "Thread-1", "--time-scale", "1");

        Assert.Equal("threads", LastResult(result).GetProperty("scenario").GetString());
        Assert.Contains("interrupted", result.Error, StringComparison.Ordinal);
    }

    private static JsonElement LastResult(ProgramResult result) =>
        result.Records().Last(record => record.GetProperty("type").GetString() == "result");

    private static Task<ProgramResult> RunAndSignalAsync(
        string signal, string scenarios, string whenTextStartsWith, params string[] options) =>
        RunAndSignalAsync(signal, scenarios, whenTextStartsWith, toItsGroup: false, options);

    // A terminal sends Ctrl+C to all of the group that its program leads.
    private static async Task<ProgramResult> RunAndSignalAsync(
        string signal, string scenarios, string whenTextStartsWith, bool toItsGroup, params string[] options)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() && signal != Signals.Interrupt, "There are no signals other than Ctrl+C.");
        await Signals.PrepareAsync();
        Task? sending = null;
        ProgramResult result = await CoordinatorProgram.RunAsync(
            ["--json", "--scenario", scenarios, .. options],
            (processId, line) =>
            {
                JsonElement record = JsonDocument.Parse(line).RootElement;
                if (sending is null
                    && record.TryGetProperty("text", out JsonElement text)
                    && text.GetString()!.StartsWith(whenTextStartsWith, StringComparison.Ordinal))
                {
                    sending = Signals.SendAsync(signal, toItsGroup ? -processId : processId);
                }
            },
            leadsGroup: toItsGroup);
        Assert.NotNull(sending);
        await sending;
        return result;
    }

    private static bool IsRunning(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
