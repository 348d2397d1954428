namespace IpcDemos.Shared.Tests.Synchronization;

public sealed class RobustLockModelTests
{
    [Theory(Timeout = 300_000)]
    [InlineData(2, 3, 2)]
    [InlineData(3, 1, 3)]
    [InlineData(3, 2, 1)]
    public void In_no_order_of_steps_and_kills_do_two_have_the_lock_or_does_one_sleep_for_ever(int processes, int rounds, int kills)
    {
        (int states, string? wrong) = new RobustLockModel(processes, rounds, kills, RobustLockFault.None).Explore();
        Assert.Null(wrong);
        Assert.InRange(states, 1000, int.MaxValue);
        TestContext.Current.TestOutputHelper?.WriteLine($"{states} states");
    }

    [Fact(Timeout = 300_000)]
    public void Waking_a_single_waiter_would_lose_it_when_that_one_is_killed()
    {
        (_, string? wrong) = new RobustLockModel(3, 1, 1, RobustLockFault.WakesOne).Explore();
        Assert.StartsWith("A process sleeps for ever.", wrong, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public void Trusting_the_holder_would_hang_when_it_is_killed()
    {
        (_, string? wrong) = new RobustLockModel(2, 1, 1, RobustLockFault.DoesNotWatch).Explore();
        Assert.StartsWith("A process sleeps for ever.", wrong, StringComparison.Ordinal);
    }
}
