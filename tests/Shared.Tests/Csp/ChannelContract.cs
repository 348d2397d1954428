using IpcDemos.Shared.Csp;

namespace IpcDemos.Shared.Tests.Csp;

/// <summary>What holds for every channel, with and without a buffer, between workers and between tasks.</summary>
public abstract class ChannelContract(int capacity, bool tasks)
{
    private const int Items = 200;

    [Fact(Timeout = 60_000)]
    public void Items_arrive_once_and_in_order()
    {
        using CspChannel<int> channel = Create<int>();
        object?[] results = Network.Parallel(
            Process(WriteNumbers, channel.CreateWriter(), 0), Process(ReadNumbers, channel.CreateReader()));
        Assert.Equal(Enumerable.Range(0, Items), Assert.IsType<int[]>(results[1]));
    }

    [Fact(Timeout = 60_000)]
    public void Any_number_of_writers_and_readers_share_a_channel()
    {
        using CspChannel<int> channel = Create<int>();
        object?[] results = Network.Parallel(
            Process(WriteNumbers, channel.CreateWriter(), 0),
            Process(WriteNumbers, channel.CreateWriter(), Items),
            Process(ReadNumbers, channel.CreateReader()),
            Process(ReadNumbers, channel.CreateReader()));
        int[][] read = [.. results.OfType<int[]>()];
        Assert.Equal(2, read.Length);
        Assert.Equal(Enumerable.Range(0, 2 * Items), read.SelectMany(numbers => numbers).Order());
        Assert.All(read, numbers => Assert.Equal(numbers.Where(number => number < Items).Order(), numbers.Where(number => number < Items)));
    }

    [Fact(Timeout = 60_000)]
    public void Objects_of_any_length_arrive_whole()
    {
        using CspChannel<string> channel = Create<string>();
        int[] lengths = [0, 1, 100, 240, 250, 300, 100_000, 3];
        object?[] results = Network.Parallel(
            Process(ReadLengths, channel.CreateReader()), Process(WriteTexts, channel.CreateWriter(), lengths));
        Assert.Equal(lengths, Assert.IsType<int[]>(results[0]));
    }

    [Fact(Timeout = 60_000)]
    public void An_end_travels_over_a_channel_and_works_where_it_arrives()
    {
        using CspChannel<WriteEnd<int>> ends = Create<WriteEnd<int>>();
        using CspChannel<int> channel = Create<int>();
        WriteEnd<WriteEnd<int>> sender = ends.CreateWriter();
        using ReadEnd<int> numbers = channel.CreateReader();
        Task<object?> writing = Network.Spawn(Process(WriteToReceived, ends.CreateReader()));
        WriteEnd<int> end = channel.CreateWriter();
        sender.Write(end);
        Assert.Throws<ObjectDisposedException>(() => end.Write(0));
        Assert.Equal(Enumerable.Range(0, Items), numbers.ReadAll());
        sender.Retire();
        writing.Wait();
    }

    [Fact(Timeout = 60_000)]
    public void Retiring_ends_the_other_side_when_the_last_has_left()
    {
        using CspChannel<int> channel = Create<int>();
        using ReadEnd<int> reader = channel.CreateReader();
        WriteEnd<int> first = channel.CreateWriter();
        WriteEnd<int> second = channel.CreateWriter();
        first.Retire();
        Assert.False(reader.HasEnded);
        Assert.Throws<TimeoutException>(() => reader.Read(TimeSpan.Zero));
        second.Retire();
        Assert.True(reader.HasEnded);
        Assert.Throws<ChannelRetiredException>(() => reader.Read());
    }

    [Fact(Timeout = 60_000)]
    public void Writers_end_when_the_last_reader_has_left()
    {
        using CspChannel<int> channel = Create<int>();
        object?[] results = Network.Parallel(
            Process(CountUntilRetired, channel.CreateWriter()),
            Process(ReadSome, channel.CreateReader(), 10),
            Process(ReadSome, channel.CreateReader(), 20));
        Assert.InRange(Assert.IsType<int>(results[0]), 30, 30 + capacity);
    }

    [Fact(Timeout = 60_000)]
    public void Poison_ends_everybody_at_once()
    {
        using CspChannel<int> there = Create<int>();
        using CspChannel<int> back = Create<int>();
        WriteEnd<int> poisoner = there.CreateWriter();
        Task<object?[]> network = Network.ParallelAsync(
            Process(ReadNumbers, there.CreateReader()),
            Process(Copy, there.CreateReader(), back.CreateWriter()),
            Process(ReadNumbers, back.CreateReader()));
        poisoner.Write(1);
        poisoner.Write(2);
        poisoner.Poison();
        Assert.Equal([null, null, null], network.GetAwaiter().GetResult());
        ChannelPoisonedException error = Assert.Throws<ChannelPoisonedException>(() => poisoner.Write(3));
        Assert.Null(error.ProcessId);
    }

    [Fact(Timeout = 60_000)]
    public void A_process_that_throws_ends_the_network_with_what_it_threw()
    {
        using CspChannel<int> channel = Create<int>();
        Exception error = Assert.ThrowsAny<Exception>(() => Network.Parallel(
            Process(WriteNumbers, channel.CreateWriter(), 0), Process(ReadAndThrow, channel.CreateReader())));
        Assert.Contains("enough of it", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Awaiting_reads_and_writes_meet_too()
    {
        using CspChannel<string> channel = Create<string>();
        using ReadEnd<string> reader = channel.CreateReader();
        Task<object?> writing = Network.Spawn(Process(WriteTextsAsync, channel.CreateWriter()));
        var read = new List<string>();
        await foreach (string text in reader.ReadAllAsync())
        {
            read.Add(text);
        }

        await writing;
        Assert.Equal(Enumerable.Range(0, Items).Select(number => $"{number}"), read);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_wait_has_done_nothing()
    {
        using CspChannel<int> channel = Create<int>();
        using ReadEnd<int> reader = channel.CreateReader();
        using var cancel = new CancellationTokenSource();
        Task<int> reading = reader.ReadAsync(cancellationToken: cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Task<object?> writing = Network.Spawn(Process(WriteNumbers, channel.CreateWriter(), 0));
        Assert.Equal(Enumerable.Range(0, Items), reader.ReadAll());
        await writing;
    }

    private protected CspChannel<T> Create<T>() => new(capacity);

    private protected CspProcess Process(Delegate call, params object?[] arguments) => new(call, arguments) { RunsAsTask = tasks };

    private static void WriteNumbers(WriteEnd<int> to, int first)
    {
        for (int number = first; number < first + Items; number++)
        {
            to.Write(number);
        }
    }

    private static int[] ReadNumbers(ReadEnd<int> from) => [.. from.ReadAll()];

    private static void ReadSome(ReadEnd<int> from, int count)
    {
        for (int item = 0; item < count; item++)
        {
            _ = from.Read();
        }
    }

    private static int CountUntilRetired(WriteEnd<int> to)
    {
        int written = 0;
        try
        {
            while (true)
            {
                to.Write(written);
                written++;
            }
        }
        catch (ChannelRetiredException)
        {
            return written;
        }
    }

    private static void Copy(ReadEnd<int> from, WriteEnd<int> to)
    {
        foreach (int number in from.ReadAll())
        {
            to.Write(number);
        }
    }

    private static void ReadAndThrow(ReadEnd<int> from) => throw new InvalidOperationException($"{from.Read()} is enough of it");

    private static void WriteTexts(WriteEnd<string> to, int[] lengths)
    {
        foreach (int length in lengths)
        {
            to.Write(new string('x', length));
        }
    }

    private static async Task WriteTextsAsync(WriteEnd<string> to)
    {
        for (int number = 0; number < Items; number++)
        {
            await to.WriteAsync($"{number}");
        }
    }

    private static int[] ReadLengths(ReadEnd<string> from) => [.. from.ReadAll().Select(text => text.Length)];

    private static void WriteToReceived(ReadEnd<WriteEnd<int>> ends)
    {
        using WriteEnd<int> end = ends.Read();
        WriteNumbers(end, 0);
    }
}
