using System.Collections.Concurrent;
using IpcDemos.Shared.Diagnostics;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;
using Microsoft.Extensions.Logging;

namespace IpcDemos.Shared.Tests.Diagnostics;

public sealed class ProcessLogTests
{
    [Fact(Timeout = 60_000)]
    public async Task At_information_the_start_and_the_end_of_a_worker_are_logged() => Assert.Equal(
        [
            "[INFO/Process-1] child process calling self.run()",
            "[INFO/Process-1] process shutting down",
            "[INFO/Process-1] process exiting with exitcode 0",
            "[INFO/MainProcess] process shutting down",
        ],
        await LinesOf("Information", "plain"));

    [Fact(Timeout = 60_000)]
    public async Task At_debug_the_finalizers_are_logged_too() => Assert.Equal(
        [
            "[INFO/Process-1] child process calling self.run()",
            "[INFO/Process-1] process shutting down",
            "[DEBUG/Process-1] running all \"atexit\" finalizers with priority >= 0",
            "[DEBUG/Process-1] running the remaining \"atexit\" finalizers",
            "[INFO/Process-1] process exiting with exitcode 0",
            "[INFO/MainProcess] process shutting down",
            "[DEBUG/MainProcess] running all \"atexit\" finalizers with priority >= 0",
            "[DEBUG/MainProcess] running the remaining \"atexit\" finalizers",
        ],
        await LinesOf("Debug", "plain"));

    [Fact(Timeout = 60_000)]
    public async Task The_trace_of_an_exception_comes_between_the_shutdown_and_the_exit()
    {
        string[] lines = await LinesOf("Debug", "failing");

        Assert.Equal(
            [
                "[INFO/Process-1] child process calling self.run()",
                "[INFO/Process-1] process shutting down",
                "[DEBUG/Process-1] running all \"atexit\" finalizers with priority >= 0",
                "[DEBUG/Process-1] running the remaining \"atexit\" finalizers",
                "Process Process-1:",
                "System.InvalidOperationException: fails",
                "[INFO/Process-1] process exiting with exitcode 1",
            ],
            lines.Where(line => !line.StartsWith("   at ", StringComparison.Ordinal)).Take(7));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_daemon_that_outlives_the_program_is_terminated_and_says_nothing()
    {
        string[] lines = await LinesOf("Debug", "daemon");

        // Whether the daemon had begun its call by then is chance.
        Assert.Equal(
            [
                "[INFO/MainProcess] process shutting down",
                "[DEBUG/MainProcess] running all \"atexit\" finalizers with priority >= 0",
                "[INFO/MainProcess] calling terminate() for daemon Process-1",
                "[INFO/MainProcess] calling join() for process Process-1",
                "[DEBUG/MainProcess] running the remaining \"atexit\" finalizers",
            ],
            lines.Where(line => line != "[INFO/Process-1] child process calling self.run()"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Workers_of_workers_log_as_their_creators_do()
    {
        string[] lines = await LinesOf("Information", "nested");

        Assert.Equal(
            [
                "[INFO/Process-1] child process calling self.run()",
                "[INFO/Process-1:1] child process calling self.run()",
                "[INFO/Process-1:1] process shutting down",
                "[INFO/Process-1:1] process exiting with exitcode 0",
                "[INFO/Process-1] process shutting down",
                "[INFO/Process-1] process exiting with exitcode 0",
                "[INFO/MainProcess] process shutting down",
            ],
            lines);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_has_the_level_of_its_creator_and_levels_have_the_names_of_the_course()
    {
        TestProgramResult trace = await TestProgram.RunAsync("Log", "Trace", "own");
        TestProgramResult error = await TestProgram.RunAsync("Log", "Error", "own");

        Assert.Equal(["Trace"], trace.Output);
        Assert.Contains("[Level 5/Process-1] traced", trace.Errors);
        Assert.Contains("[WARNING/Process-1] warned you", trace.Errors);
        Assert.Equal(["Error"], error.Output);
        Assert.Equal(
            ["[ERROR/Process-1] failed", "System.TimeoutException: late", "[CRITICAL/Process-1] broke"], error.Errors);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_does_not_ask_for_the_log_gets_none()
    {
        TestProgramResult result = await TestProgram.RunAsync("EndWithChildren");

        result.ThrowUnlessSuccessful();
        Assert.Empty(result.Errors);
    }

    [Fact]
    public void A_provider_of_the_programs_own_is_told_everything_that_is_logged()
    {
        using var provider = new Recorder();
        ILogger logger = ProcessLog.LogTo(provider);

        logger.LogDebug("a detail of {Name}", WorkerProcess.Current.Name);

        Assert.Contains((LogLevel.Debug, "a detail of MainProcess"), provider.Records);
        Assert.Same(logger, ProcessLog.GetLogger());
    }

    private static async Task<string[]> LinesOf(string level, string kind)
    {
        TestProgramResult result = await TestProgram.RunAsync("Log", level, kind);
        result.ThrowUnlessSuccessful();
        return result.Errors;
    }

    private sealed class Recorder : ILoggerProvider, ILogger
    {
        // Also of what other tests' threads have to log meanwhile.
        public ConcurrentQueue<(LogLevel Level, string Text)> Records { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Records.Enqueue((logLevel, formatter(state, exception)));

        public void Dispose()
        {
        }
    }
}
