using System.Text.Json;
using IpcDemos.Shared.Memory;
using MessagePack;

namespace IpcDemos.Shared.Tests.Memory;

public sealed class SharedValueTests
{
    private enum Colour
    {
        Red,
        Green = 5,
    }

    private record struct Point(double X, double Y, int Label);

    [Fact(Timeout = 60_000)]
    public async Task Values_of_five_types_are_changed_by_another_process()
    {
        await using MemoryPeerProcess peer = await MemoryPeerProcess.StartAsync();
        await ChangesAsync(peer, "int", 7, -7);
        await ChangesAsync(peer, "long", 1L << 60, -(1L << 60));
        await ChangesAsync<short>(peer, "short", -3, 3);
        await ChangesAsync(peer, "double", 3.5, -3.5);
        await ChangesAsync(peer, "float", float.NegativeInfinity, float.PositiveInfinity);
    }

    [Fact(Timeout = 60_000)]
    public void Any_unmanaged_type_is_kept_and_starts_as_its_default()
    {
        Keeps(new Point(1, 2, 3));
        Keeps(Guid.NewGuid());
        Keeps(12.5m);
        Keeps(true);
        Keeps('ä');
        Keeps(Colour.Green);
        Keeps(DateTime.UtcNow);
        Keeps((byte)200);
        Keeps(nint.MaxValue);
    }

    [Fact(Timeout = 60_000)]
    public void Integers_of_every_size_are_added_to_in_one_step_and_wrap_around()
    {
        AddsUp<byte>(250, 10, 4);
        AddsUp<sbyte>(127, 1, -128);
        AddsUp<short>(short.MaxValue, 1, short.MinValue);
        AddsUp<ushort>(65_535, 2, 1);
        AddsUp('a', (char)1, 'b');
        AddsUp(int.MaxValue, 1, int.MinValue);
        AddsUp(uint.MaxValue, 1u, 0u);
        AddsUp(long.MaxValue, 1, long.MinValue);
        AddsUp(ulong.MaxValue, 1ul, 0ul);
        AddsUp<nint>(1, -2, -1);
        AddsUp(1.5, 2.25, 3.75);
        AddsUp(1.5f, 2.25f, 3.75f);
        AddsUp(Colour.Red, Colour.Green, Colour.Green);
    }

    [Fact(Timeout = 60_000)]
    public void Counting_gives_the_new_value_and_bits_and_exchanges_the_old_one()
    {
        using var number = new SharedValue<int>(5);
        Assert.Equal(6, number.Increment());
        Assert.Equal(5, number.Decrement());
        Assert.Equal(5, number.Exchange(12));
        Assert.Equal(12, number.CompareExchange(1, 13));
        Assert.Equal(12, number.CompareExchange(0b0110, 12));
        Assert.Equal(0b0110, number.And(0b0011));
        Assert.Equal(0b0010, number.Or(0b1000));
        Assert.Equal(0b1010, number.Value);

        using var floating = new SharedValue<double>(0.5);
        Assert.Equal(1.5, floating.Increment());
        Assert.Equal(0.5, floating.Decrement());
        Assert.Equal(0.5, floating.Exchange(double.NaN));
        Assert.Equal(double.NaN, floating.CompareExchange(2, double.NaN));
        Assert.Equal(2, floating.Value);

        using var small = new SharedValue<byte>(0);
        Assert.Equal(255, small.Decrement());
        using var flag = new SharedValue<bool>(true);
        Assert.True(flag.And(false));
        Assert.False(flag.Or(true));
        Assert.True(flag.Value);
    }

    [Fact(Timeout = 60_000)]
    public void What_no_processor_does_in_one_step_is_refused_with_the_way_out()
    {
        using var point = new SharedValue<Point>();
        Assert.Contains("lock", Assert.Throws<NotSupportedException>(() => point.Exchange(default)).Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => point.CompareExchange(default, default));
        Assert.Throws<NotSupportedException>(() => point.Add(default));
        Assert.Throws<NotSupportedException>(() => point.Increment());
        using var time = new SharedValue<DateTime>();
        Assert.Throws<NotSupportedException>(() => time.Add(default));
        using var floating = new SharedValue<double>();
        Assert.Throws<NotSupportedException>(() => floating.And(1));
        Assert.Throws<NotSupportedException>(() => floating.Or(1));
    }

    [Fact(Timeout = 60_000)]
    public async Task Additions_of_several_processes_and_threads_are_all_counted()
    {
        const int Times = 20_000;
        using var value = new SharedValue<int>();
        await using MemoryPeerProcess first = await MemoryPeerProcess.StartAsync();
        await using MemoryPeerProcess second = await MemoryPeerProcess.StartAsync();
        Task[] work =
        [
            first.OkAsync($"add {Times} {Wire.Send(value)}"),
            second.OkAsync($"add {Times} {Wire.Send(value)}"),
            .. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                for (int i = 0; i < Times; i++)
                {
                    value.Increment();
                }
            })),
        ];
        await Task.WhenAll(work);
        Assert.Equal(4 * Times, value.Value);
    }

    [Fact(Timeout = 60_000)]
    public async Task Small_values_side_by_side_do_not_disturb_each_other_when_changed_at_once()
    {
        using var bytes = new SharedArray<byte>(2);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(index => Task.Run(() =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                Interlocked.Exchange(ref bytes[index], (byte)i);
            }
        })));
        Assert.Equal([unchecked((byte)99_999), unchecked((byte)99_999)], bytes);
    }

    [Fact(Timeout = 60_000)]
    public void A_copy_is_independent()
    {
        using var value = new SharedValue<Point>(new Point(1, 2, 3));
        using var copy = new SharedValue<Point>(value.Value);
        value.Span[0].X = 9;
        Assert.Equal(new Point(9, 2, 3), value.Value);
        Assert.Equal(new Point(1, 2, 3), copy.Value);
    }

    [Fact(Timeout = 60_000)]
    public void A_value_of_another_size_is_not_taken_for_the_one_sent()
    {
        using var value = new SharedValue<int>(1);
        Exception error = Assert.ThrowsAny<MessagePackSerializationException>(() => Wire.Receive<SharedValue<long>>(Wire.Send(value)));
        Assert.Contains("another type", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, value.Block.ReferenceCount);
    }

    [Fact(Timeout = 60_000)]
    public void After_disposal_every_access_is_an_error()
    {
        var value = new SharedValue<int>(1);
        Memory<int> memory = value.Memory;
        value.Dispose();
        value.Dispose();
        Assert.Throws<ObjectDisposedException>(() => value.Value);
        Assert.Throws<ObjectDisposedException>(() => value.Value = 1);
        Assert.Throws<ObjectDisposedException>(() => value.Increment());
        Assert.Throws<ObjectDisposedException>(() => value.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        Assert.IsType<ObjectDisposedException>(Assert.ThrowsAny<Exception>(() => Wire.Send(value)).GetBaseException());
    }

    [Fact(Timeout = 60_000)]
    public void As_text_and_as_JSON_it_is_its_value()
    {
        using var value = new SharedValue<double>(3.1415927);
        Assert.Equal("3.1415927", value.ToString());
        Assert.Equal("""{"Value":3.1415927}""", JsonSerializer.Serialize(value));
    }

    private static async Task ChangesAsync<T>(MemoryPeerProcess peer, string type, T before, T after)
        where T : unmanaged
    {
        using var value = new SharedValue<T>(before);
        Assert.Equal(before, value.Value);
        await peer.OkAsync($"negate {type} value {Wire.Send(value)}");
        Assert.Equal(after, value.Value);
    }

    private static void Keeps<T>(T expected)
        where T : unmanaged
    {
        using var value = new SharedValue<T>();
        Assert.Equal(default, value.Value);
        value.Value = expected;
        using SharedValue<T> received = Wire.Receive<SharedValue<T>>(Wire.Send(value));
        Assert.Equal(expected, received.Value);
    }

    private static void AddsUp<T>(T first, T second, T sum)
        where T : unmanaged
    {
        using var value = new SharedValue<T>(first);
        Assert.Equal(sum, value.Add(second));
        Assert.Equal(sum, value.Value);
    }
}
