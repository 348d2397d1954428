namespace IpcDemos.Coordinator.Tests.Scenarios;

public sealed class QueueScenarioTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_mixed_list_goes_through_a_queue()
    {
        ProgramResult result = await ScenarioRun.RunAsync("queue");

        Assert.Equal([("MainProcess", """[42,null,"hello"]""")], result.Lines().Select(line => (line.Process, line.Text)));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_consumer_takes_what_a_creator_creates_until_the_sentinel()
    {
        ProgramResult result = await ScenarioRun.RunAsync("creator-consumer");

        Assert.Equal(["Creating data and putting it on the queue"], TextsOf("Process-1"));
        Assert.Equal(
            [
                "data found to be processed: 5", "10", "data found to be processed: 10", "20",
                "data found to be processed: 13", "26", "data found to be processed: -1", "-2",
            ],
            TextsOf("Process-2"));

        IEnumerable<string> TextsOf(string process) => result.Lines().Where(line => line.Process == process).Select(line => line.Text);
    }
}
