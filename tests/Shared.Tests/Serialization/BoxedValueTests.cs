using System.Numerics;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Tests.Serialization;

public sealed class BoxedValueTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_mixed_list_comes_back_as_the_same_mix()
    {
        await Task.Run(static () =>
        {
            Wire.AssertSame(new object?[] { 42, null, "hello" }, Wire.Copy(new object?[] { 42, null, "hello" }));
            Wire.AssertSame(new object?[] { 42, null, "hello" }, Wire.Copy<object>(new object?[] { 42, null, "hello" }));
            Wire.AssertSame(new List<object?> { 42, null, "hello" }, Wire.Copy(new List<object?> { 42, null, "hello" }, MessageOrigin.Foreign));
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Values_declared_as_object_keep_their_exact_type_between_our_processes()
    {
        await Task.Run(static () =>
        {
            object[] values =
            [
                true, 'c', (sbyte)1, (sbyte)-100, (byte)1, (byte)200, (short)1, (short)-300, (ushort)1, (ushort)60_000, 1, -1, int.MinValue, 1u, uint.MaxValue,
                1L, long.MinValue, 1UL, ulong.MaxValue, 1.5f, 1.5, 1.50m, "text", new byte[] { 1 }, DateTime.UtcNow, DateTime.Now, new DateTime(5),
                DateTimeOffset.Now, TimeSpan.FromDays(1), new DateOnly(2024, 2, 29), new TimeOnly(1, 2), Guid.NewGuid(), BigInteger.Pow(7, 99),
                Int128.MaxValue, (Half)1.5, new Complex(1, 2), new Uri("https://example.org"), new Version(1, 2),
                (int[])[1, 2], (double[])[1.5], (bool[])[true], (char[])['x'], (string?[])["a", null], new[] { Guid.NewGuid() }, new[,] { { 1, 2 } }, new int[][] { [1], [] },
                new object?[] { 1, new object?[] { (byte)2, null } }, new List<object?> { 1L, "x" }, new List<int> { 1 }, new HashSet<string> { "a" },
                new Dictionary<object, object> { [1] = "one", ["two"] = 2L }, new Dictionary<string, object?> { ["a"] = (short)1, ["b"] = null },
                new Dictionary<int, List<Guid>> { [3] = [Guid.NewGuid()] }, (1, "two", 3.0), Tuple.Create(1, 2L), new KeyValuePair<string, int>("k", 1),
                (DateTime?[])[null, DateTime.UnixEpoch], (object[])[],
            ];
            foreach (object value in values)
            {
                Wire.AssertSame(value, Wire.Copy(value));
                Wire.AssertSame(value, MessageSerializer.Deserialize<object>(Wire.Fragment(MessageSerializer.Serialize(value))));
            }

            Wire.AssertSame(values, Wire.Copy(values));
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_foreign_number_is_the_first_of_int_long_and_ulong_that_holds_it()
    {
        await Task.Run(static () =>
        {
            Assert.Equal(
                [5, -5, 200, 40_000, int.MaxValue, 3_000_000_000L, long.MinValue, ulong.MaxValue],
                Wire.Copy<object[]>([(byte)5, -5L, (byte)200, (ushort)40_000, (ulong)int.MaxValue, 3_000_000_000u, long.MinValue, ulong.MaxValue], MessageOrigin.Foreign));
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_foreign_process_cannot_know_the_type_of_goes_to_it_as_plain_values()
    {
        await Task.Run(static () =>
        {
            var received = Assert.IsType<object[]>(Wire.Copy<object>(new object[] { DayOfWeek.Friday, new { A = 1 }, (1, 2), Guid.Empty }, MessageOrigin.Foreign));
            Assert.Equal(5, received[0]);
            Assert.Equal(1, Assert.IsType<Dictionary<object, object>>(received[1])["A"]);
            Assert.Equal([1, 2], Assert.IsType<object[]>(received[2]));
            Assert.Equal(Guid.Empty.ToString(), received[3]);
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_users_type_declared_as_object_is_refused_by_name()
    {
        await Task.Run(static () =>
        {
            var exception = Assert.Throws<MessageSerializationException>(static () => MessageSerializer.Serialize<object>(new object[] { 1, new Dictionary<string, object> { ["k"] = new Mine(1) } }));
            Assert.Equal("object[1][k]", exception.MemberPath);
            Assert.Contains("Mine", exception.Message, StringComparison.Ordinal);
            Assert.Throws<MessageSerializationException>(static () => MessageSerializer.Serialize<object>(DayOfWeek.Friday));
            Assert.Throws<MessageSerializationException>(static () => MessageSerializer.Serialize<object>(new List<Mine>()));
            Assert.Throws<MessageSerializationException>(static () => MessageSerializer.Serialize(new object()));
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_foreign_message_may_not_choose_a_type()
    {
        await Task.Run(static () =>
        {
            byte[] message = MessageSerializer.Serialize<object>(new List<int> { 1 });
            Assert.IsType<List<int>>(MessageSerializer.Deserialize<object>(message));
            Assert.Throws<MessageSerializationException>(() => MessageSerializer.Deserialize<object>(message, MessageOrigin.Foreign));
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_shared_by_reference_travels_among_other_values()
    {
        await Task.Run(static () =>
        {
            using var value = new SharedValue<int>(5);
            object[] received = Wire.Copy<object[]>([1, value, new List<object> { value }]);
            using var copy = Assert.IsType<SharedValue<int>>(received[1]);
            using var inner = Assert.IsType<SharedValue<int>>(Assert.IsType<List<object>>(received[2])[0]);
            value.Value = 6;
            Assert.Equal((6, 6), (copy.Value, inner.Value));

            var exception = Assert.Throws<MessageSerializationException>(() => MessageSerializer.Serialize<object[]>([1, value], MessageOrigin.Foreign));
            Assert.Equal("object[][1]", exception.MemberPath);
            byte[] message = MessageSerializer.Serialize(value);
            Assert.Throws<MessageSerializationException>(() => MessageSerializer.Deserialize<SharedValue<int>>(message, MessageOrigin.Foreign));
            using SharedValue<int> redeemed = MessageSerializer.Deserialize<SharedValue<int>>(message);
        }, TestContext.Current.CancellationToken);
    }

    private sealed record Mine(int Value);
}
