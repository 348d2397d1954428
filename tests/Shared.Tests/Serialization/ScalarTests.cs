using System.Numerics;
using System.Text;
using FsCheck;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Tests.Serialization;

public sealed class ScalarTests
{
    public enum Shade : byte
    {
        Dark = 1,
        Light = 200,
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_primitive_arrives_as_it_was_sent()
    {
        await Task.Run(static () =>
        {
            Wire.Keeps<bool>();
            Wire.Keeps<byte>();
            Wire.Keeps<sbyte>();
            Wire.Keeps<short>();
            Wire.Keeps<ushort>();
            Wire.Keeps<int>();
            Wire.Keeps<uint>();
            Wire.Keeps<long>();
            Wire.Keeps<ulong>();
            Wire.Keeps<float>();
            Wire.Keeps<double>();
            Wire.Keeps<char>();
            Wire.Keeps<decimal>();
            Wire.Keeps<int?>();
            Wire.Keeps<double?>();
            Wire.Keeps<decimal?>();
            Wire.Keeps<DayOfWeek>();
            Wire.Keeps<DayOfWeek?>();
            Wire.Keeps<byte, Shade>(static value => (Shade)value);
            Wire.Keeps<short, Half>(static value => (Half)value);
            Wire.Keeps<(long, ulong), Int128>(static pair => ((Int128)pair.Item1 << 64) | pair.Item2);
            Wire.Keeps<(ulong, ulong), UInt128>(static pair => new UInt128(pair.Item1, pair.Item2));
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Text_of_any_length_arrives_as_it_was_sent()
    {
        await Task.Run(static () =>
        {
            Wire.Keeps<NonNull<string>, string>(static text => Whole(text.Get));
            Wire.Keeps<UnicodeString, string?>(static text => text.Get is { } value ? Whole(value) : null);
            foreach (int length in (int[])[0, 1, 9, 10, 11, 31, 32, 255, 256, 65_535, 65_536, 200_001])
            {
                Wire.AssertKept(new string('a', length));
                Wire.AssertKept(new string('€', length));
                Wire.AssertKept(string.Concat(Enumerable.Repeat("😀", length / 2)) + "é");
            }

            Wire.AssertKept<string?>(null);
            Wire.AssertKept(new Rune(0x1F600));
            Wire.AssertKept(new StringBuilder("abc").ToString());
            Assert.Equal("äb", Wire.Copy(new StringBuilder("äb")).ToString());
        }, TestContext.Current.CancellationToken);

        // The generators make lone halves of surrogate pairs too, which are refused; another test shows that.
        static string Whole(string text) => string.Concat(text.EnumerateRunes());
    }

    [Fact(Timeout = 60_000)]
    public async Task Dates_and_times_keep_their_ticks_and_their_kind()
    {
        await Task.Run(static () =>
        {
            Wire.Keeps<TimeSpan>();
            Wire.Keeps<TimeSpan?>();
            Wire.Keeps<DateTimeOffset>();
            Wire.Keeps<DateTime, DateOnly>(DateOnly.FromDateTime);
            Wire.Keeps<DateTime, TimeOnly>(TimeOnly.FromDateTime);
            foreach (DateTimeKind kind in Enum.GetValues<DateTimeKind>())
            {
                foreach (DateTime time in (DateTime[])[DateTime.MinValue, DateTime.MaxValue, DateTime.UnixEpoch, new(2038, 1, 19, 3, 14, 8, 123)])
                {
                    DateTime sent = DateTime.SpecifyKind(time.AddTicks(time == DateTime.MaxValue ? 0 : 7), kind);
                    DateTime received = Wire.Copy(sent);
                    Assert.Equal(sent, received);
                    Assert.Equal(kind, received.Kind);
                    Assert.Equal(kind, Assert.IsType<DateTime>(Wire.Copy<object>(sent)).Kind);
                }
            }
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_foreign_process_gets_every_time_as_a_timestamp()
    {
        await Task.Run(static () =>
        {
            var local = new DateTime(2024, 2, 29, 12, 0, 0, DateTimeKind.Local);
            DateTime received = Wire.Copy(local, MessageOrigin.Foreign);
            Assert.Equal(DateTimeKind.Utc, received.Kind);
            Assert.Equal(local.ToUniversalTime(), received);
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_frameworks_other_values_arrive_as_they_were_sent()
    {
        await Task.Run(static () =>
        {
            Wire.Keeps<Guid>();
            Wire.Keeps<Guid?>();
            Wire.Keeps<BigInteger>();
            Wire.Keeps<(double, double), Complex>(static pair => new Complex(pair.Item1, pair.Item2));
            Wire.Keeps<(float, float, float), Vector3>(static v => new Vector3(v.Item1, v.Item2, v.Item3));
            Wire.AssertKept(new Uri("https://example.org/ä?q=1"));
            Wire.AssertKept(new Uri("relative/path", UriKind.Relative));
            Wire.AssertKept(new Version(1, 2, 3, 4));
            Wire.AssertKept(1.10m);
            Assert.Equal("1.10", Wire.Copy(1.10m).ToString(System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(BitConverter.DoubleToInt64Bits(-0.0), BitConverter.DoubleToInt64Bits(Wire.Copy(-0.0)));
        }, TestContext.Current.CancellationToken);
    }
}
