using System.Threading.Channels;
using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Csp;

namespace IpcDemos.Bench.Rows;

/// <summary>Commstime: numbers go round in a ring of three processes, and a fourth gets a copy; four communications make a round.</summary>
internal static class CspRows
{
    private const int Rounds = 10_000;
    private const int Communications = 4;

    public static IEnumerable<BenchmarkRow> All()
    {
        Contender channels = Contender.DotNet("Channel<int>, tasks of one process", () => InChannelsAsync().GetAwaiter().GetResult());
        return
        [
            Row("csp/commstime", "four worker processes", runsAsTasks: false, channels),
            Row("csp/commstime-tasks", "four tasks of one process, each with a thread", runsAsTasks: true, channels),
        ];
    }

    private static BenchmarkRow Row(string name, string processes, bool runsAsTasks, Contender channels) => new(
        name,
        $"a communication in Commstime, between {processes}, over channels without a buffer",
        Unit.Microseconds,
        Contender.Ours(() => InProcesses(runsAsTasks)),
        channels);

    private static double InProcesses(bool runsAsTasks)
    {
        using var a = new CspChannel<int>();
        using var b = new CspChannel<int>();
        using var c = new CspChannel<int>();
        using var d = new CspChannel<int>();
        return (double)Network.Parallel(
            Process(Prefix, c.CreateReader(), a.CreateWriter()),
            Process(Delta, a.CreateReader(), b.CreateWriter(), d.CreateWriter()),
            Process(Successor, b.CreateReader(), c.CreateWriter()),
            Process(Consume, d.CreateReader()))[^1]!;

        CspProcess Process(Delegate call, params object?[] arguments) => new(call, arguments) { RunsAsTask = runsAsTasks };
    }

    private static void Prefix(ReadEnd<int> from, WriteEnd<int> to)
    {
        to.Write(0);
        while (true)
        {
            to.Write(from.Read());
        }
    }

    private static void Delta(ReadEnd<int> from, WriteEnd<int> one, WriteEnd<int> other)
    {
        while (true)
        {
            int number = from.Read();
            one.Write(number);
            other.Write(number);
        }
    }

    private static void Successor(ReadEnd<int> from, WriteEnd<int> to)
    {
        while (true)
        {
            to.Write(from.Read() + 1);
        }
    }

    private static double Consume(ReadEnd<int> from)
    {
        double seconds = Timing.PerIteration(Rounds, () => _ = from.Read());
        from.Poison();
        return seconds / Communications * 1e6;
    }

    private static async Task<double> InChannelsAsync()
    {
        // The least buffer that these have is one item.
        Channel<int>[] channels = [.. Enumerable.Range(0, 4).Select(_ => Channel.CreateBounded<int>(1))];
        (Channel<int> a, Channel<int> b, Channel<int> c, Channel<int> d) = (channels[0], channels[1], channels[2], channels[3]);
        Task[] ring =
        [
            Task.Run(async () =>
            {
                await a.Writer.WriteAsync(0);
                await CopyAsync(c.Reader, 0, a.Writer);
            }),
            Task.Run(() => CopyAsync(a.Reader, 0, b.Writer, d.Writer)),
            Task.Run(() => CopyAsync(b.Reader, 1, c.Writer)),
        ];
        double seconds = await Timing.PerIterationAsync(Rounds, async () => _ = await d.Reader.ReadAsync());
        Array.ForEach(channels, channel => channel.Writer.TryComplete());
        await Task.WhenAll(ring).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // each ends with the channel it writes to
        return seconds / Communications * 1e6;
    }

    private static async Task CopyAsync(ChannelReader<int> from, int added, params ChannelWriter<int>[] to)
    {
        await foreach (int number in from.ReadAllAsync())
        {
            foreach (ChannelWriter<int> writer in to)
            {
                await writer.WriteAsync(number + added);
            }
        }
    }
}
