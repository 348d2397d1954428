namespace IpcDemos.Shared.Tests.Channels;

public sealed class QueueMembersModelTests
{
    [Theory(Timeout = 300_000)]
    [InlineData(1, 2, 2)]
    [InlineData(2, 2, 1)]
    [InlineData(2, 1, 2)]
    public void In_no_order_of_steps_and_kills_is_a_loss_told_wrongly_or_an_entry_used_that_is_free_or_does_a_join_sleep_for_ever(
        int consumers, int items, int kills)
    {
        (int states, string? wrong) = new QueueMembersModel(consumers, items, kills, QueueMembersFault.None).Explore();
        Assert.Null(wrong);
        Assert.InRange(states, 1000, int.MaxValue);
        TestContext.Current.TestOutputHelper?.WriteLine($"{states} states");
    }

    [Theory(Timeout = 300_000)]
    [InlineData(nameof(QueueMembersFault.GivesUpInJoin), "sleeps for ever")]
    [InlineData(nameof(QueueMembersFault.LooksAfterSettling), "A loss is told of with another number")]
    [InlineData(nameof(QueueMembersFault.FreesOnLeaving), "An entry that is free was written to")]
    [InlineData(nameof(QueueMembersFault.DoesNotWatch), "sleeps for ever")]
    public void Each_precaution_is_needed(string fault, string consequence)
    {
        (_, string? wrong) = new QueueMembersModel(2, 2, 2, Enum.Parse<QueueMembersFault>(fault)).Explore();
        Assert.Contains(consequence, wrong, StringComparison.Ordinal);
    }
}
