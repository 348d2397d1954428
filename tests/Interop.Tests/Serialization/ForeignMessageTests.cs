using System.Numerics;
using System.Text;
using FsCheck.Fluent;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Interop.Tests.Serialization;

/// <summary>Messages to and from other languages' implementations of MessagePack.</summary>
public sealed class ForeignMessageTests
{
    private static readonly DateTime s_time = new(2024, 2, 29, 12, 34, 56, 789, DateTimeKind.Utc);

    /// <summary>What is sent, and what Python and JavaScript say it is.</summary>
    private static readonly (object? Value, string Python, string JavaScript)[] s_sent =
    [
        (null, "None", "null"),
        (true, "True", "true"),
        (0, "0", "0"),
        (-1, "-1", "-1"),
        ((byte)200, "200", "200"),
        (int.MinValue, "-2147483648", "-2147483648"),
        (9007199254740991L, "9007199254740991", "9007199254740991"),
        (1.5, "1.5", "1.5"),
        (0.25f, "0.25", "0.25"),
        ("hello", "'hello'", "'hello'"),
        ("grün 😀", "'grün 😀'", "'grün 😀'"),
        (new string('x', 70_000), $"'{new string('x', 70_000)}'", $"'{new string('x', 70_000)}'"),
        ((int[])[1, 2, 3], "[1, 2, 3]", "[ 1, 2, 3 ]"),
        ((double[])[0.5, -0.5], "[0.5, -0.5]", "[ 0.5, -0.5 ]"),
        (new List<bool> { true, false }, "[True, False]", "[ true, false ]"),
        (new byte[] { 1, 255 }, @"b'\x01\xff'", "Uint8Array(2) [ 1, 255 ]"),
        (new Memory<byte>([7]), @"b'\x07'", "Uint8Array(1) [ 7 ]"),
        (new object?[] { 42, null, "hello" }, "[42, None, 'hello']", "[ 42, null, 'hello' ]"),
        (new Dictionary<string, int> { ["a"] = 1 }, "{'a': 1}", "{ a: 1 }"),
        (new Order(1, "book", 9.5, [1, 2]), "{'Id': 1, 'Title': 'book', 'Price': 9.5, 'Lines': [1, 2]}", "{ Id: 1, Title: 'book', Price: 9.5, Lines: [ 1, 2 ] }"),
        ((1, "two"), "[1, 'two']", "[ 1, 'two' ]"),
        (DayOfWeek.Friday, "5", "5"),
        (s_time, "datetime.datetime(2024, 2, 29, 12, 34, 56, 789000, tzinfo=datetime.timezone.utc)", "2024-02-29T12:34:56.789Z"),
        (DateTime.UnixEpoch.AddSeconds(-1), "datetime.datetime(1969, 12, 31, 23, 59, 59, tzinfo=datetime.timezone.utc)", "1969-12-31T23:59:59.000Z"),
        (Guid.Empty, "'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000000'"),
        (1.50m, "'1.50'", "'1.50'"),
        (TimeSpan.FromSeconds(1), "10000000", "10000000"),
        (new DateOnly(1, 1, 2), "1", "1"),
        (new Uri("https://example.org/"), "'https://example.org/'", "'https://example.org/'"),
        (new[,] { { 1, 2 }, { 3, 4 } }, "[2, 2, [1, 2, 3, 4]]", "[ 2, 2, [ 1, 2, 3, 4 ] ]"),
        (new Complex(1, -1), "[1.0, -1.0]", "[ 1, -1 ]"),
    ];

    [Fact(Timeout = 120_000)]
    public async Task Python_understands_every_kind_of_value()
    {
        PythonPeer.WithMessagePack.SkipIfMissing();
        Assert.Equal(s_sent.Select(static row => row.Python), await DescribeAsync(PythonPeer.WithMessagePack, "messages.py"));
        Assert.Equal(["18446744073709551615"], await DescribeAsync(PythonPeer.WithMessagePack, "messages.py", [ulong.MaxValue]));
        Assert.Equal(["{1: 'a'}"], await DescribeAsync(PythonPeer.WithMessagePack, "messages.py", [new Dictionary<int, string> { [1] = "a" }]));
    }

    [Fact(Timeout = 120_000)]
    public async Task JavaScript_understands_every_kind_of_value()
    {
        NodePeer.Instance.SkipIfMissing();
        Assert.Equal(s_sent.Select(static row => row.JavaScript), await DescribeAsync(NodePeer.Instance, "messages.mjs"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Values_from_Python_are_read_as_the_declared_types()
    {
        PythonPeer.WithMessagePack.SkipIfMissing();
        await AssertReadAsync(PythonPeer.WithMessagePack, "messages.py", new()
        {
            ["42"] = 42,
            ["200"] = (byte)200,
            ["-2**63"] = long.MinValue,
            ["2**64-1"] = ulong.MaxValue,
            ["7"] = 7.0,
            ["1.5"] = 1.5f,
            ["None"] = (int?)null,
            ["'grün 😀'"] = "grün 😀",
            ["b'\\x01\\xff'"] = new byte[] { 1, 255 },
            ["[1, 2, 3]"] = (int[])[1, 2, 3],
            ["(1.5, 2)"] = new List<double> { 1.5, 2 },
            ["[True, False]"] = (bool[])[true, false],
            ["{'a': 1, 'b': 2}"] = new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 },
            ["{1: [None, 'x']}"] = new Dictionary<int, string?[]> { [1] = [null, "x"] },
            ["{'Title': 'book', 'Lines': [1], 'Price': 2, 'Id': 3, 'Extra': [{}]}"] = new Order(3, "book", 2, [1]),
            ["datetime(2024, 2, 29, 12, 34, 56, 789000, tzinfo=timezone.utc)"] = s_time,
            ["5"] = DayOfWeek.Friday,
            ["'1.50'"] = 1.50m,
            ["[1, 'two']"] = (1, "two"),
        });
    }

    [Fact(Timeout = 120_000)]
    public async Task Values_from_JavaScript_are_read_as_the_declared_types()
    {
        NodePeer.Instance.SkipIfMissing();
        await AssertReadAsync(NodePeer.Instance, "messages.mjs", new()
        {
            ["42"] = 42,
            ["1.5"] = 1.5,
            ["-(2n**63n)"] = long.MinValue,
            ["null"] = (int?)null,
            ["'grün 😀'"] = "grün 😀",
            ["new Uint8Array([1, 255])"] = new byte[] { 1, 255 },
            ["[1, 2, 3]"] = (int[])[1, 2, 3],
            ["{ a: 1 }"] = new Dictionary<string, int> { ["a"] = 1 },
            ["{ Id: 3, Title: 'book', Price: 2, Lines: [1] }"] = new Order(3, "book", 2, [1]),
            ["new Date('2024-02-29T12:34:56.789Z')"] = s_time,
        });
    }

    [Fact(Timeout = 120_000)]
    public async Task Mixed_lists_from_Python_come_back_as_the_same_mix()
    {
        PythonPeer.WithMessagePack.SkipIfMissing();
        byte[] message = await PythonPeer.WithMessagePack.RunAsync(
            "messages.py", "pack", Encoding.UTF8.GetBytes("42\nNone\n'hello'\n2**40\n2**64-1\n-5\n200\n1.5\nb'x'\n[1, [2]]\n{'k': 1}"), TestContext.Current.CancellationToken);
        var values = Assert.IsType<object[]>(MessageSerializer.Deserialize<object>(message, MessageOrigin.Foreign));
        Assert.Equal(new object?[] { 42, null, "hello", 1L << 40, ulong.MaxValue, -5, 200, 1.5 }, values[..8]);
        Assert.Equal("x"u8.ToArray(), values[8]);
        Assert.Equal(new object[] { 1, new object[] { 2 } }, values[9]);
        Assert.Equal(1, Assert.IsType<Dictionary<object, object>>(values[10])["k"]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Whatever_is_sent_through_Python_and_back_is_unchanged()
    {
        PythonPeer.WithMessagePack.SkipIfMissing();
        Sample[] samples = [.. Samples(static value => value)];
        Assert.Equal(samples, await EchoAsync(PythonPeer.WithMessagePack, "messages.py", samples));
    }

    [Fact(Timeout = 120_000)]
    public async Task Whatever_is_sent_through_JavaScript_and_back_is_unchanged()
    {
        NodePeer.Instance.SkipIfMissing();

        // JavaScript's numbers hold integers of 53 bits.
        Sample[] samples = [.. Samples(static value => value >> 11)];
        Assert.Equal(samples, await EchoAsync(NodePeer.Instance, "messages.mjs", samples));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_block_of_numbers_can_be_taken_apart_by_its_description()
    {
        PythonPeer.WithMessagePack.SkipIfMissing();
        byte[] message = MessageSerializer.Serialize(new[] { [1, -2], (int[])[] });
        string described = Encoding.UTF8.GetString(
            await PythonPeer.WithMessagePack.RunAsync("messages.py", "unpack", message, TestContext.Current.CancellationToken));
        Assert.Equal("ExtType(code=1, data=b'\\t\\x01\\x00\\x00\\x00\\xfe\\xff\\xff\\xff')\nExtType(code=1, data=b'\\t')", described);

        byte[] fromPython = await PythonPeer.WithMessagePack.RunAsync(
            "messages.py",
            "pack",
            "msgpack.ExtType(1, bytes([9]) + __import__('struct').pack('<2i', 1, -2))"u8.ToArray(),
            TestContext.Current.CancellationToken);
        Assert.Equal([[1, -2]], MessageSerializer.Deserialize<int[][]>(fromPython, MessageOrigin.Foreign));
    }

    private static async Task<string[]> DescribeAsync(ScriptPeer peer, string script, object?[]? values = null)
    {
        byte[] message = MessageSerializer.Serialize(values ?? [.. s_sent.Select(static row => row.Value)], MessageOrigin.Foreign);
        return Encoding.UTF8.GetString(await peer.RunAsync(script, "unpack", message, TestContext.Current.CancellationToken)).Split('\n');
    }

    private static async Task AssertReadAsync(ScriptPeer peer, string script, Dictionary<string, object?> expected)
    {
        byte[] message = await peer.RunAsync(
            script, "pack", Encoding.UTF8.GetBytes(string.Join('\n', expected.Keys)), TestContext.Current.CancellationToken);
        Assert.All(Enum.GetValues<MessageOrigin>(), origin => AssertElements(message, origin, [.. expected.Values]));
    }

    private static void AssertElements(byte[] message, MessageOrigin origin, object?[] expected)
    {
        var reader = new MessagePackReader(message);
        Assert.Equal(expected.Length, reader.ReadArrayHeader());
        foreach (object? value in expected)
        {
            Assert.Equal(value, MessageSerializer.Read(ref reader, value?.GetType() ?? typeof(int?), origin));
        }

        Assert.True(reader.End);
    }

    private static async Task<Sample[]> EchoAsync(ScriptPeer peer, string script, Sample[] samples)
    {
        byte[] message = MessageSerializer.Serialize(samples, MessageOrigin.Foreign);
        byte[] echo = await peer.RunAsync(script, "echo", message, TestContext.Current.CancellationToken);
        return MessageSerializer.Deserialize<Sample[]>(echo, MessageOrigin.Foreign);
    }

    private static IEnumerable<Sample> Samples(Func<long, long> limit) =>
        ArbMap.Default.GeneratorFor<(long, double, string, byte[], bool, DateTime)>().Sample(200, 20).Select(generated =>
        {
            // A number without a fraction comes back from JavaScript as an integer, which is read as the same double.
            (long number, double real, string? text, byte[] bytes, bool truth, DateTime time) = generated;
            return new Sample(
                limit(number),
                double.IsFinite(real) ? real : 0.5,
                text is null ? null : string.Concat(text.EnumerateRunes()),
                bytes is null ? null : Convert.ToHexString(bytes),
                truth ? [bytes, null] : [],
                DateTime.SpecifyKind(time, DateTimeKind.Utc).Date);
        });

    private sealed record Order(int Id, string Title, double Price, IReadOnlyList<int> Lines)
    {
        public bool Equals(Order? other) =>
            other is not null && (Id, Title, Price) == (other.Id, other.Title, other.Price) && Lines.SequenceEqual(other.Lines);

        public override int GetHashCode() => Id;
    }

    private sealed record Sample(long Number, double Real, string? Text, string? Hex, IReadOnlyList<byte[]?> Bytes, DateTime Time)
    {
        public bool Equals(Sample? other) =>
            other is not null
            && (Number, Real, Text, Hex, Time) == (other.Number, other.Real, other.Text, other.Hex, other.Time)
            && Bytes.Select(static bytes => Convert.ToHexString(bytes ?? [])).SequenceEqual(other.Bytes.Select(static bytes => Convert.ToHexString(bytes ?? [])));

        public override int GetHashCode() => Number.GetHashCode();
    }
}
