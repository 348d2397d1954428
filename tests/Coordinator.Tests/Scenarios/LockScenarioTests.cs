using IpcDemos.Coordinator.Output;
using IpcDemos.Coordinator.Running;
using IpcDemos.Coordinator.Scenarios;

namespace IpcDemos.Coordinator.Tests.Scenarios;

public sealed class LockScenarioTests
{
    [Fact(Timeout = 120_000)]
    public async Task Items_are_printed_whole_under_the_lock()
    {
        Assert.Equal(["10", "foxtrot", "tango"], (await ScenarioRun.LinesAsync("lock")).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_the_lock_the_scenario_finds_torn_items()
    {
        // The pause between the halves is two seconds: long enough for all to have begun.
        var options = new ScenarioOptions { TimeScale = 8 };
        var output = new JsonLinesOutput(new JsonLinesWriter(Stream.Null));
        var context = new ScenarioContext("lock", output, options, TestContext.Current.CancellationToken);

        // It waits for its workers itself. FinishAsync would end what the tests beside this one have started, too.
        await new LockScenario(isLocked: false).RunAsync(context);

        string failure = Assert.Single(context.Failures);
        Assert.StartsWith("The lines should be 'tango' 'foxtrot' '10', in any order; they were '", failure, StringComparison.Ordinal);
    }
}
