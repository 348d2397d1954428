using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Tests.Serialization;

public sealed class CollectionTests
{
    internal record struct Point(int X, float Y, Guid Id);

    internal record struct Flagged(bool Flag, decimal Price);

    [Fact(Timeout = 60_000)]
    public async Task Arrays_of_any_element_arrive_as_they_were_sent()
    {
        await Task.Run(static () =>
        {
            Wire.Keeps<int[]>();
            Wire.Keeps<byte[]>();
            Wire.Keeps<sbyte[]>();
            Wire.Keeps<bool[]>();
            Wire.Keeps<char[]>();
            Wire.Keeps<long[]>();
            Wire.Keeps<ulong[]>();
            Wire.Keeps<double[]>();
            Wire.Keeps<float[]>();
            Wire.Keeps<decimal[]>();
            Wire.Keeps<Guid[]>();
            Wire.Keeps<int[], string[]>(static values => Array.ConvertAll(values, static value => $"{value}"));
            Wire.Keeps<DayOfWeek[]>();
            Wire.Keeps<int?[]>();
            Wire.Keeps<int[][]>();
            Wire.Keeps<TimeSpan[]>();
            Wire.Keeps<(int, float, Guid)[], Point[]>(static values => Array.ConvertAll(values, static v => new Point(v.Item1, v.Item2, v.Item3)));
            Wire.Keeps<(bool, decimal)[], Flagged[]>(static values => Array.ConvertAll(values, static v => new Flagged(v.Item1, v.Item2)));
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Arrays_of_several_dimensions_keep_their_shape()
    {
        await Task.Run(static () =>
        {
            Wire.Keeps<int[,]>();
            Wire.AssertKept(new int[0, 5]);
            Wire.AssertKept(new int[1_000_000, 0]);
            Wire.AssertKept(new[,] { { "a", null }, { "b", "c" } });
            Wire.AssertKept(new[, ,] { { { 1.5, 2 }, { 3, 4 } } });
            Wire.AssertKept(new byte[2, 1, 1, 2, 2]);
            Wire.AssertKept(new int[,][] { { [1], [] } });
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Memory_and_sequences_arrive_with_what_they_held()
    {
        await Task.Run(static () =>
        {
            byte[] bytes = [1, 2, 3, 255];
            Assert.Equal(bytes, Wire.Copy(bytes.AsMemory()).ToArray());
            Assert.Equal(bytes, Wire.Copy((ReadOnlyMemory<byte>)bytes).ToArray());
            Assert.Equal(bytes, Wire.Copy(new ReadOnlySequence<byte>(bytes)).ToArray());
            Assert.Equal(bytes, Wire.Copy(new ArraySegment<byte>(bytes)).ToArray());
            double[] doubles = [1, double.NaN, double.NegativeInfinity];
            Assert.Equal(doubles, Wire.Copy(doubles.AsMemory()).ToArray());
            Assert.Equal(doubles[1..], Wire.Copy(new ArraySegment<double>(doubles, 1, 2)).ToArray());
            Assert.Equal(doubles, Wire.Copy<ReadOnlyMemory<double>>(doubles, MessageOrigin.Foreign).ToArray());
            Assert.Equal("text", Wire.Copy("text".AsMemory()).ToString());
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Collections_of_every_kind_arrive_as_they_were_sent()
    {
        await Task.Run(static () =>
        {
            Wire.Keeps<List<int>>();
            Wire.Keeps<List<byte>>();
            Wire.Keeps<List<decimal>>();
            Wire.Keeps<int[], List<string?>>(static values => [.. values.Select(static value => value % 3 == 0 ? null : $"{value}")]);
            Wire.Keeps<int[], HashSet<int>>(static values => [.. values]);
            Wire.Keeps<int[], Queue<int>>(static values => new Queue<int>(values));
            Wire.Keeps<int[], Stack<int>>(static values => new Stack<int>(values));
            Wire.Keeps<int[], LinkedList<int>>(static values => new LinkedList<int>(values));
            Wire.Keeps<int[], SortedSet<int>>(static values => new SortedSet<int>(values));
            Wire.Keeps<int[], ReadOnlyCollection<int>>(static values => new ReadOnlyCollection<int>(values));
            Wire.Keeps<int[], ObservableCollection<int>>(static values => new ObservableCollection<int>(values));
            Wire.Keeps<int[], ConcurrentQueue<int>>(static values => new ConcurrentQueue<int>(values));
            Wire.Keeps<int[], ConcurrentStack<int>>(static values => new ConcurrentStack<int>(values));
            Wire.Keeps<int[], ImmutableArray<int>>(static values => [.. values]);
            Wire.Keeps<int[], ImmutableList<int>>(static values => [.. values]);
            Wire.Keeps<int[], ImmutableQueue<int>>(static values => [.. values]);
            Wire.Keeps<int[], ImmutableStack<int>>(static values => [.. values]);
            Wire.Keeps<int[], ImmutableSortedSet<int>>(static values => [.. values]);
            Wire.Keeps<int[], int[]>(static values => [.. Wire.Copy(new ConcurrentBag<int>(values)).Order()]);
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Dictionaries_of_every_kind_arrive_as_they_were_sent()
    {
        await Task.Run(static () =>
        {
            Wire.Keeps<int[], Dictionary<int, string>>(static keys => keys.Distinct().ToDictionary(static key => key, static key => $"{key}"));
            Wire.Keeps<int[], Dictionary<string, int[]>>(static keys => keys.Distinct().ToDictionary(static key => $"{key}", static key => (int[])[key]));
            Wire.Keeps<Guid[], Dictionary<Guid, DayOfWeek>>(static keys => keys.Distinct().ToDictionary(static key => key, static _ => DayOfWeek.Friday));
            Wire.Keeps<int[], SortedDictionary<int, int>>(static keys => new(keys.Distinct().ToDictionary(static key => key)));
            Wire.Keeps<int[], SortedList<int, int>>(static keys => new(keys.Distinct().ToDictionary(static key => key)));
            Wire.Keeps<int[], ReadOnlyDictionary<int, int>>(static keys => new(keys.Distinct().ToDictionary(static key => key)));
            Wire.Keeps<int[], ConcurrentDictionary<int, int>>(static keys => new(keys.Distinct().ToDictionary(static key => key)));
            Wire.Keeps<int[], ImmutableDictionary<int, int>>(static keys => keys.Distinct().ToImmutableDictionary(static key => key));
            Wire.Keeps<int[], ImmutableSortedDictionary<int, int>>(static keys => keys.Distinct().ToImmutableSortedDictionary(static key => key, static key => key));
            Assert.Equal(7, Wire.Copy(new Dictionary<string, int> { ["a"] = 7 }.ToFrozenDictionary())["a"]);
            Assert.Single(Wire.Copy(new HashSet<int> { 3 }.ToFrozenSet()), 3);
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Collections_declared_by_interface_arrive_with_what_they_held()
    {
        await Task.Run(static () =>
        {
            int[] values = [1, 2, 3];
            Assert.Equal(values, Wire.Copy<IEnumerable<int>>(values.Where(static value => value > 0)));
            Assert.Equal(values, Wire.Copy<IList<int>>(values));
            Assert.Equal(values, Wire.Copy<IReadOnlyList<int>>(values));
            Assert.Equal(values, Wire.Copy<ICollection<int>>(values));
            Assert.Equal(values, Wire.Copy<ISet<int>>(new HashSet<int>(values)));
            Assert.Equal("b", Wire.Copy<IDictionary<string, string>>(new Dictionary<string, string> { ["a"] = "b" })["a"]);
            Assert.Equal("b", Wire.Copy<IReadOnlyDictionary<string, string>>(new Dictionary<string, string> { ["a"] = "b" })["a"]);
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Tuples_of_every_size_arrive_as_they_were_sent()
    {
        await Task.Run(static () =>
        {
            Wire.Keeps<(int, string), (int, string?)>(static pair => (pair.Item1, null));
            Wire.Keeps<(int, bool, double)>();
            Wire.Keeps<int, Tuple<int, long?>>(static value => new(value, null));
            Wire.Keeps<int, (int, int, int, int, int, int, int, int, int)>(static value => (value, 2, 3, 4, 5, 6, 7, 8, value));
            Wire.Keeps<int, KeyValuePair<int, string>>(static value => new(value, "x"));
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Arrays_of_numbers_travel_as_one_block_to_our_own_and_as_plain_arrays_to_others()
    {
        await Task.Run(static () =>
        {
            int[] values = [1, -1];
            Assert.Equal("C709 01 09 01000000 FFFFFFFF".Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(MessageSerializer.Serialize(values)));
            byte[] plain = MessageSerializer.Serialize(values, MessageOrigin.Foreign);
            Assert.Equal("9201FF", Convert.ToHexString(plain));
            Assert.Equal(values, MessageSerializer.Deserialize<int[]>(plain));
            Assert.Equal(values, MessageSerializer.Deserialize<List<int>>(MessageSerializer.Serialize(values), MessageOrigin.Foreign));
        }, TestContext.Current.CancellationToken);
    }
}
