using IpcDemos.Shared.Csp;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Csp;

public sealed class AlternationTests
{
    private static readonly int s_choicesPerProcess = Wine.IsHost ? 5_000 : 250_000;

    [Fact(Timeout = 60_000)]
    public void Of_several_that_are_possible_the_first_has_priority()
    {
        using var low = new CspChannel<int>(8);
        using var high = new CspChannel<int>(8);
        using WriteEnd<int> lowWriter = low.CreateWriter();
        using WriteEnd<int> highWriter = high.CreateWriter();
        using ReadEnd<int> lowReader = low.CreateReader();
        using ReadEnd<int> highReader = high.CreateReader();
        var read = new List<string>();
        var choice = new Alternation(
            Guard.Read(highReader, number => read.Add($"high {number}")),
            Guard.Read(lowReader, number => read.Add($"low {number}")),
            Guard.Skip());
        lowWriter.Write(1);
        highWriter.Write(1);
        highWriter.Write(2);
        Assert.Equal([0, 0, 1, 2], Enumerable.Range(0, 4).Select(_ => choice.PrioritySelect()));
        Assert.Equal(["high 1", "high 2", "low 1"], read);
    }

    [Fact(Timeout = 60_000)]
    public void A_fair_choice_passes_over_nobody_for_more_than_a_round()
    {
        CspChannel<int>[] channels = [.. Enumerable.Range(0, 3).Select(_ => new CspChannel<int>(8))];
        ReadEnd<int>[] readers = [.. channels.Select(channel => channel.CreateReader())];
        WriteEnd<int>[] writers = [.. channels.Select(channel => channel.CreateWriter())];
        var choice = new Alternation([.. readers.Select(reader => Guard.Read(reader))]);
        foreach (WriteEnd<int> writer in writers)
        {
            writer.Write(1);
            writer.Write(2);
        }

        Assert.Equal([0, 1, 2, 0, 1, 2], Enumerable.Range(0, 6).Select(_ => choice.FairSelect()));
        Array.ForEach(readers, reader => reader.Retire());
        Array.ForEach(writers, writer => writer.Retire());
        Array.ForEach(channels, channel => channel.Dispose());
    }

    [Fact(Timeout = 60_000)]
    public void A_guard_that_is_not_enabled_is_not_chosen()
    {
        using var channel = new CspChannel<int>(1);
        using WriteEnd<int> writer = channel.CreateWriter();
        using ReadEnd<int> reader = channel.CreateReader();
        ReadGuard<int> read = Guard.Read(reader);
        var choice = new Alternation(read, Guard.Timeout(TimeSpan.FromMilliseconds(1)));
        writer.Write(7);
        read.IsEnabled = false;
        Assert.Equal(1, choice.PrioritySelect());
        read.IsEnabled = true;
        Assert.Equal(0, choice.PrioritySelect());
        Assert.Equal(7, read.Value);
        read.IsEnabled = false;
        Assert.Throws<InvalidOperationException>(() => new Alternation(read).PrioritySelect());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_time_out_is_chosen_when_nothing_else_comes()
    {
        using var channel = new CspChannel<int>();
        using WriteEnd<int> writer = channel.CreateWriter();
        using ReadEnd<int> reader = channel.CreateReader();
        bool timedOut = false;
        var choice = new Alternation(Guard.Read(reader), Guard.Timeout(TimeSpan.FromMilliseconds(20), () => timedOut = true));
        Assert.Equal(1, choice.FairSelect());
        Assert.Equal(1, await choice.FairSelectAsync());
        Assert.True(timedOut);
        Assert.Equal(0, new Alternation(Guard.Timeout(TimeSpan.FromMilliseconds(20))).PrioritySelect());

        // What was offered in vain is offered no more.
        Assert.Throws<TimeoutException>(() => writer.Write(1, TimeSpan.FromMilliseconds(1)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Two_choices_meet_from_both_sides()
    {
        using var channel = new CspChannel<int>();
        using var unused = new CspChannel<int>();
        using ReadEnd<int> reader = channel.CreateReader();
        using WriteEnd<int> writer = channel.CreateWriter();
        using WriteEnd<int> other = unused.CreateWriter();
        using ReadEnd<int> otherReader = unused.CreateReader();
        ReadGuard<int> read = Guard.Read(reader);
        Task<int> reading = new Alternation(Guard.Read(otherReader), read).FairSelectAsync().AsTask();
        Assert.Equal(0, new Alternation(Guard.Write(writer, 42), Guard.Timeout(TimeSpan.FromMinutes(1))).PrioritySelect());
        Assert.Equal(1, await reading);
        Assert.Equal(42, read.Value);
    }

    [Fact(Timeout = 60_000)]
    public void A_choice_throws_when_its_channel_has_ended_and_goes_on_with_the_others()
    {
        using var first = new CspChannel<int>(1);
        using var second = new CspChannel<int>(1);
        using ReadEnd<int> firstReader = first.CreateReader();
        using ReadEnd<int> secondReader = second.CreateReader();
        using WriteEnd<int> secondWriter = second.CreateWriter();
        first.CreateWriter().Retire();
        Guard firstGuard = Guard.Read(firstReader);
        ReadGuard<int> secondGuard = Guard.Read(secondReader);
        var choice = new Alternation(firstGuard, secondGuard);
        Assert.Throws<ChannelRetiredException>(() => choice.PrioritySelect());
        firstGuard.IsEnabled = !firstReader.HasEnded;
        secondWriter.Write(5);
        Assert.Equal(1, choice.PrioritySelect());
        Assert.Equal(5, secondGuard.Value);
    }

    [Fact(Timeout = 60_000)]
    public async Task Retiring_an_end_ends_a_choice_that_waits_with_it()
    {
        using var channel = new CspChannel<int>();
        ReadEnd<int> reader = channel.CreateReader();
        Task<int> choosing = new Alternation(Guard.Read(reader)).PrioritySelectAsync().AsTask();
        reader.Retire();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => choosing);
    }

    /// <summary>
    /// Two processes choose between reading from the one channel and writing to the other, two the reverse: so at every item both sides
    /// are choosing. What was written must have been read, by one.
    /// </summary>
    [Fact(Timeout = 300_000)]
    public void Of_a_million_choices_by_four_processes_at_once_each_happens_exactly_once()
    {
        using var red = new CspChannel<long>();
        using var blue = new CspChannel<long>();
        object?[] results = Network.Parallel(
            new CspProcess(Choose, red.CreateReader(), blue.CreateWriter(), 1),
            new CspProcess(Choose, red.CreateReader(), blue.CreateWriter(), 2),
            new CspProcess(Choose, blue.CreateReader(), red.CreateWriter(), 3),
            new CspProcess(Choose, blue.CreateReader(), red.CreateWriter(), 4));

        Tally[] tallies = [.. results.Cast<Tally>()];
        Assert.All(tallies, tally => Assert.Equal(s_choicesPerProcess, tally.Written + tally.Read));
        Assert.Equal(tallies.Sum(tally => tally.Written), tallies.Sum(tally => tally.Read));
        Assert.Equal(tallies.Sum(tally => tally.WrittenSum), tallies.Sum(tally => tally.ReadSum));
    }

    private static Tally Choose(ReadEnd<long> from, WriteEnd<long> to, int seed)
    {
        long written = 0, read = 0, writtenSum = 0, readSum = 0;
        var random = new Random(seed);
        WriteGuard<long> write = Guard.Write(to, 0L);
        var choice = new Alternation(
            write,
            Guard.Read(from, value =>
            {
                read++;
                readSum += value;
            }));
        while (written + read < s_choicesPerProcess)
        {
            write.Value = random.Next();
            if (choice.FairSelect() == 0)
            {
                written++;
                writtenSum += write.Value;
            }
        }

        return new Tally(written, read, writtenSum, readSum);
    }

    private sealed record Tally(long Written, long Read, long WrittenSum, long ReadSum);
}
