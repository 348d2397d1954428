namespace IpcDemos.Shared.Tests.Synchronization;

public sealed class SharedMonitorModelTests
{
    [Theory(Timeout = 300_000)]
    [InlineData(1, "TG TG", 2)]
    [InlineData(1, "TGTG TG", 2)]
    [InlineData(1, "TG TG TG", 1)]
    [InlineData(2, "TTGG TG", 2)]
    [InlineData(0, "G T", 2)]
    [InlineData(0, "GG T T", 1)]
    [InlineData(0, "G G T", 2)]
    public void In_no_order_of_steps_and_kills_is_a_count_lost_or_does_one_sleep_beside_a_free_one(int count, string programs, int kills)
    {
        (int states, string? wrong) = new SharedMonitorModel(count, programs.Split(' '), kills, SharedMonitorFault.None).Explore();
        Assert.Null(wrong);
        Assert.InRange(states, 100, int.MaxValue);
        TestContext.Current.TestOutputHelper?.WriteLine($"{states} states");
    }

    [Fact(Timeout = 300_000)]
    public void Taking_over_without_a_repair_in_order_to_wait_would_lose_a_count() =>
        AssertFound("1 counts are free and nobody is inside, but 0 can be had.", 1, "TG TG", 1, SharedMonitorFault.MarksWithoutRepair);

    [Fact(Timeout = 300_000)]
    public void A_new_member_of_which_nobody_knows_would_leave_them_asleep_when_it_is_killed_before_it_wakes_them() =>
        AssertFound("A process sleeps beside a free count.", 0, "G T", 1, SharedMonitorFault.JoinsUnannounced);

    [Fact(Timeout = 300_000)]
    public void Trusting_the_members_would_hang_when_one_is_killed() =>
        AssertFound("A process sleeps beside a free count.", 1, "TG TG", 1, SharedMonitorFault.DoesNotWatch);

    [Fact(Timeout = 300_000)]
    public void Not_looking_again_before_sleeping_would_miss_what_came_in_between() =>
        AssertFound("A process sleeps beside a free count.", 0, "G T", 0, SharedMonitorFault.MarksBlindly);

    private static void AssertFound(string expected, int count, string programs, int kills, SharedMonitorFault fault)
    {
        (_, string? wrong) = new SharedMonitorModel(count, programs.Split(' '), kills, fault).Explore();
        Assert.StartsWith(expected, wrong, StringComparison.Ordinal);
    }
}
