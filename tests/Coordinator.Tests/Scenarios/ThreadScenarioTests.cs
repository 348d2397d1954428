using System.Text.RegularExpressions;

namespace IpcDemos.Coordinator.Tests.Scenarios;

public sealed partial class ThreadScenarioTests
{
    [Fact(Timeout = 60_000)]
    public async Task Threads_print_the_time_five_times_each()
    {
        IReadOnlyList<string> texts = await ScenarioRun.LinesAsync("threads", "--time-scale", "0.01");

        Assert.Equal(10, texts.Count);
        Assert.All(texts, text => Assert.Matches(TimeLine(), text));
        Assert.Equal(5, texts.Count(text => text.StartsWith("Thread-1: ", StringComparison.Ordinal)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_thread_class_counts_down_from_five()
    {
        Assert.Equal(
            [
                "Starting thread A.",
                "Thread A counting down: 5...", "Thread A counting down: 4...", "Thread A counting down: 3...",
                "Thread A counting down: 2...", "Thread A counting down: 1...",
                "Finished thread A.",
            ],
            await ScenarioRun.LinesAsync("thread-class"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Prime_threads_go_on_when_one_of_them_fails()
    {
        IReadOnlyList<string> texts = await ScenarioRun.LinesAsync("prime-threads");

        Assert.All(
            [
                "Starting processing 2...", "Starting processing 433785907...",
                "2 is prime", "193 is prime", "323 is not prime", "1327 is prime", "433785907 is prime",
            ],
            expected => Assert.Contains(expected, texts));
        Assert.Single(texts, text => text.StartsWith("Exception in thread Thread-6: ", StringComparison.Ordinal));
        Assert.Equal("Finished.", texts[^1]);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_coroutine_prints_what_has_the_prefix_until_it_is_closed()
    {
        Assert.Equal(["Searching prefix:Dear", "Dear James", "Closing coroutine!!"], await ScenarioRun.LinesAsync("coroutine"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Async_tasks_take_turns_on_one_thread()
    {
        IReadOnlyList<string> texts = await ScenarioRun.LinesAsync("async");

        string thread = texts[0].Split(' ')[^1];
        Assert.Equal(
            from step in Enumerable.Range(1, 3) from name in "ABC" select $"task {name} step {step} on thread {thread}", texts);
    }

    [GeneratedRegex(@"^Thread-[12]: (Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$")]
    private static partial Regex TimeLine();
}
