namespace IpcDemos.Coordinator.Tests.Scenarios;

public sealed class CspScenarioTests
{
    [Fact(Timeout = 120_000)]
    public async Task Processes_wait_at_the_same_time_and_their_network_ends()
    {
        // Long waits: by how much the two overlap is to be decided by them, not by when a busy machine goes on with a process.
        ProgramResult result = await ScenarioRun.RunAsync("csp", "--time-scale", "1");

        (string Process, string Text)[] lines = [.. result.Lines().Select(line => (line.Process, line.Text))];
        Assert.Equal([("Process-1", "P1 exiting"), ("Process-2", "P2 exiting")], lines.Take(2).Order());
        Assert.Equal(("MainProcess", "Terminating"), Assert.Single(lines.Skip(2)));
    }
}
