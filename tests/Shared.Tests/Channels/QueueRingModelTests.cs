namespace IpcDemos.Shared.Tests.Channels;

public sealed class QueueRingModelTests
{
    [Theory(Timeout = 300_000)]
    [InlineData(1, 1, 2, 1, 2)]
    [InlineData(2, 1, 1, 1, 1)]
    [InlineData(1, 2, 2, 2, 1)]
    [InlineData(1, 2, 1, 1, 2)]
    public void In_no_order_of_steps_and_kills_is_an_item_torn_or_miscounted_or_does_anybody_sleep_for_ever(
        int producers, int consumers, int items, int capacity, int kills)
    {
        (int states, string? wrong) = new QueueRingModel(producers, consumers, items, capacity, kills, QueueRingFault.None).Explore();
        Assert.Null(wrong);
        Assert.InRange(states, 1000, int.MaxValue);
        TestContext.Current.TestOutputHelper?.WriteLine($"{states} states");
    }

    [Theory(Timeout = 300_000)]
    [InlineData(nameof(QueueRingFault.PublishesFirst), "A consumer has read")]
    [InlineData(nameof(QueueRingFault.DoesNotNote), "What was taken is not what was tallied")]
    [InlineData(nameof(QueueRingFault.DoesNotWatch), "sleeps for ever")]
    [InlineData(nameof(QueueRingFault.LooksBeforeMarking), "sleeps for ever")]
    public void Each_precaution_is_needed(string fault, string consequence)
    {
        (_, string? wrong) = new QueueRingModel(1, 2, 2, 1, 1, Enum.Parse<QueueRingFault>(fault)).Explore();
        Assert.Contains(consequence, wrong, StringComparison.Ordinal);
    }
}
