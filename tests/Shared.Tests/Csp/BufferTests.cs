using IpcDemos.Shared.Csp;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Csp;

/// <summary>What holds for items in a buffer, of whatever length.</summary>
public sealed class BufferTests
{
    private const int Items = 2_000;

    [Fact(Timeout = 60_000)]
    public async Task What_a_process_that_has_ended_left_in_a_buffer_is_read_whole()
    {
        using var channel = new CspChannel<string>(capacity: 4);
        using ReadEnd<string> reader = channel.CreateReader();
        await Network.Spawn(new CspProcess(WriteLengths, channel.CreateWriter(), new[] { 10_000, 1, 300_000, 0 }));
        Assert.Equal([10_000, 1, 300_000, 0], reader.ReadAll().Select(text => text.Length));
    }

    [Fact(Timeout = 60_000)]
    public async Task Items_of_any_length_keep_their_order_and_content_however_full_the_buffer_is()
    {
        using var channel = new CspChannel<string>(new CspChannelOptions { Capacity = 8, CapacityInBytes = 4096 });
        using ReadEnd<string> reader = channel.CreateReader();
        Task<object?> writing = Network.Spawn(new CspProcess(WriteNumbered, channel.CreateWriter()));
        int number = 0;
        foreach (string text in reader.ReadAll())
        {
            Assert.Equal(Numbered(number++), text);
        }

        Assert.Equal(Items, number);
        await writing;
    }

    [Fact(Timeout = 60_000)]
    public async Task An_item_longer_than_the_whole_buffer_is_read_in_its_turn()
    {
        using var channel = new CspChannel<string>(new CspChannelOptions { Capacity = 2, CapacityInBytes = 1024 });
        using ReadEnd<string> reader = channel.CreateReader();
        Task<object?> writing = Network.Spawn(new CspProcess(WriteLengths, channel.CreateWriter(), new[] { 3, 5_000, 4, 5_001, 5 }));
        Task<object?> flooding = Network.Spawn(new CspProcess(WriteLengths, channel.CreateWriter(), Enumerable.Repeat(1, 500).ToArray()));
        int[] lengths = [.. reader.ReadAll().Select(text => text.Length)];
        Assert.Equal([3, 5_000, 4, 5_001, 5], lengths.Where(length => length != 1));
        Assert.Equal(505, lengths.Length);
        await writing;
        await flooding;
    }

    [Fact(Timeout = 60_000)]
    public async Task An_end_in_a_buffered_item_is_handed_over_before_its_process_ends()
    {
        using var ends = new CspChannel<ReadEnd<int>>(capacity: 4);
        using ReadEnd<ReadEnd<int>> reader = ends.CreateReader();
        using var numbers = new CspChannel<int>(capacity: 4);
        using WriteEnd<int> writer = numbers.CreateWriter();
        Task<object?> sending = Network.Spawn(new CspProcess(SendEnd, ends.CreateWriter(), numbers.CreateReader()));
        using ReadEnd<int> received = await reader.ReadAsync(cancellationToken: TestContext.Current.CancellationToken);
        await sending;
        writer.Write(42);
        Assert.Equal(42, received.Read());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_choice_waits_for_room_for_a_long_item_like_for_a_short_one()
    {
        using var channel = new CspChannel<string>(new CspChannelOptions { Capacity = 8, CapacityInBytes = 1024 });
        using ReadEnd<string> reader = channel.CreateReader();
        using WriteEnd<string> writer = channel.CreateWriter();
        string text = new('x', 900);
        writer.Write(text);
        var choice = new Alternation(Guard.Write(writer, text), Guard.Timeout(TimeSpan.Zero));
        Assert.Equal(1, choice.PrioritySelect());
        var patient = new Alternation(Guard.Write(writer, text));
        Task<int> waiting = patient.PrioritySelectAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.Equal(text, reader.Read());
        Assert.Equal(0, await waiting);
        Assert.Equal(text, reader.Read());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("csp.written")]
    [InlineData("csp.before-exit")]
    [InlineData("csp.kicked")]
    public async Task What_a_writer_had_put_into_a_buffer_when_it_died_is_whole(string point)
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");
        using var channel = new CspChannel<string>(
            new CspChannelOptions { Capacity = 8, CapacityInBytes = 4096, DeathPolicy = DeathPolicy.Retire });
        using ReadEnd<string> reader = channel.CreateReader();
        await using var worker = WorkerProcess.Create(WriteUntilDead, channel.CreateWriter(), point);
        worker.Start();
        int number = 0;
        foreach (string text in reader.ReadAll())
        {
            Assert.Equal(Numbered(number++), text);
        }

        await worker.JoinAsync(TestContext.Current.CancellationToken);
        Assert.InRange(number, 100, Items);
        Assert.True(worker.ExitCode < 0);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1023)]
    [InlineData((1 << 30) + 1)]
    public void A_buffer_of_an_impossible_size_is_refused(int bytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CspChannelOptions { CapacityInBytes = bytes });

    private static string Numbered(int number) => new((char)('a' + (number % 26)), number * 37 % 3_000);

    private static void WriteNumbered(WriteEnd<string> writer)
    {
        for (int number = 0; number < Items; number++)
        {
            writer.Write(Numbered(number));
        }
    }

    private static void WriteUntilDead(WriteEnd<string> writer, string point)
    {
        for (int number = 0; number < Items; number++)
        {
            if (number == 100)
            {
                CrashPoint.Arm(point);
            }

            writer.Write(Numbered(number));
        }
    }

    private static void WriteLengths(WriteEnd<string> writer, int[] lengths) =>
        Array.ForEach(lengths, length => writer.Write(new string('x', length)));

    private static void SendEnd(WriteEnd<ReadEnd<int>> writer, ReadEnd<int> end) => writer.Write(end);
}
