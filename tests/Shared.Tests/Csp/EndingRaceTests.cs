using IpcDemos.Shared.Csp;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Csp;

/// <summary>Everybody leaves at about the same time, some by retiring and some by poisoning.</summary>
public sealed class EndingRaceTests
{
    private static readonly int s_channels = Wine.IsHost ? 40 : 150;

    [Theory(Timeout = 120_000)]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void Whoever_uses_channels_that_others_retire_and_poison_comes_to_the_end(int capacity, bool poisons)
    {
        CspChannel<int>[] channels = [.. Enumerable.Range(0, s_channels).Select(_ => new CspChannel<int>(capacity))];
        object?[] results = Network.Parallel(
            new CspProcess(Write, Writers(), poisons, 1),
            new CspProcess(Write, Writers(), poisons, 2),
            new CspProcess(Read, Readers(), poisons, 3),
            new CspProcess(Read, Readers(), poisons, 4));
        Array.ForEach(channels, channel => channel.Dispose());

        // Each channel's items: without poison and with a reader that stays, none that was written is missing.
        int[][] counts = [.. results.Cast<int[]>()];
        for (int channel = 0; channel < s_channels; channel++)
        {
            int written = counts[0][channel] + counts[1][channel];
            int read = counts[2][channel] + counts[3][channel];
            Assert.InRange(written - read, 0, capacity);
            Assert.True(poisons || IsLeftByReaders(channel) || written == read, $"Of {written} items {read} were read.");
        }

        WriteEnd<int>[] Writers() => [.. channels.Select(channel => channel.CreateWriter())];

        ReadEnd<int>[] Readers() => [.. channels.Select(channel => channel.CreateReader())];
    }

    private static bool IsLeftByReaders(int channel) => channel % 2 == 0;

    private static int[] Write(WriteEnd<int>[] ends, bool poisons, int seed)
    {
        var random = new Random(seed);
        int[] written = new int[ends.Length];
        for (int channel = 0; channel < ends.Length; channel++)
        {
            int count = random.Next(20);
            bool isPoisoned = poisons && random.Next(3) == 0;
            try
            {
                while (written[channel] < count)
                {
                    ends[channel].Write(channel);
                    written[channel]++;
                }
            }
            catch (ChannelEndedException)
            {
                // The others were quicker.
            }

            Leave(ends[channel], isPoisoned);
        }

        return written;
    }

    private static int[] Read(ReadEnd<int>[] ends, bool poisons, int seed)
    {
        var random = new Random(seed);
        int[] read = new int[ends.Length];
        for (int channel = 0; channel < ends.Length; channel++)
        {
            int count = IsLeftByReaders(channel) ? random.Next(20) : int.MaxValue;
            bool isPoisoned = poisons && random.Next(3) == 0;
            try
            {
                while (read[channel] < count)
                {
                    Assert.Equal(channel, ends[channel].Read());
                    read[channel]++;
                }
            }
            catch (ChannelEndedException)
            {
                // The others were quicker.
            }

            Leave(ends[channel], isPoisoned);
        }

        return read;
    }

    private static void Leave(ChannelEnd end, bool poisons)
    {
        if (poisons)
        {
            end.Poison();
        }

        end.Retire();
    }
}
