using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>Tormented workers that wait for each other, and a party that is spared and must never be left waiting.</summary>
public sealed class WaitStressTests
{
    [Fact(Timeout = 600_000)]
    public Task An_event_whose_setter_is_killed_at_any_instant_leaves_nobody_asleep_before_a_set_event()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a setter that is killed may leave waiters asleep.");
        return TellAsync(EventTorment.RunAsync());
    }

    [Fact(Timeout = 600_000)]
    public Task A_condition_whose_waiters_are_killed_swallows_no_notification()
    {
        Wine.SkipBusyThread();
        return TellAsync(ConditionTorment.RunAsync());
    }

    [Fact(Timeout = 600_000)]
    public Task A_barrier_whose_parties_are_killed_and_stopped_breaks_and_never_lets_some_pass_without_the_others() =>
        TellAsync(BarrierTorment.RunAsync());

    private static async Task TellAsync(Task<string> torment) => TestContext.Current.TestOutputHelper?.WriteLine(await torment);
}
