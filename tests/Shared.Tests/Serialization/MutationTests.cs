using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Tests.Support;
using MessagePack;

namespace IpcDemos.Shared.Tests.Serialization;

public sealed class MutationTests
{
    private const int Seed = 20240229;
    private static readonly int s_frames = Wine.Times(100_000);

    /// <summary>More than any of the small frames here can honestly be worth, far less than any of their lies claims.</summary>
    private const long MaximumAllocation = 1 << 20;

    [Union(0, typeof(Leaf))]
    [Union(1, typeof(Branch))]
    internal interface INode;

    [Fact(Timeout = 300_000)]
    public async Task Damaged_frames_end_in_a_value_or_in_the_documented_exception()
    {
        await Task.Run(static () =>
        {
            var random = new Random(Seed);
            Subject[] subjects = [.. Subjects()];
            int values = 0;
            int refusals = 0;
            for (int i = 0; i < s_frames; i++)
            {
                Subject subject = subjects[random.Next(subjects.Length)];
                byte[] frame = Mutate(subject.Frame, random);
                MessageOrigin origin = (MessageOrigin)random.Next(2);
                // Sometimes as another type than the frame's own: a peer may simply send the wrong thing.
                Type type = random.Next(4) == 0 ? subjects[random.Next(subjects.Length)].Type : subject.Type;
                long before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    _ = random.Next(8) == 0
                        ? MessageSerializer.Deserialize(type, Wire.Fragment(frame), origin)
                        : MessageSerializer.Deserialize(type, frame, origin);
                    values++;
                }
                catch (MessageSerializationException e)
                {
                    Assert.NotEmpty(e.MemberPath);
                    refusals++;
                }
                catch (Exception e)
                {
                    Assert.Fail($"Frame {i}, {Convert.ToHexString(frame)} read as {type} from {origin}: {e}");
                }

                long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                Assert.True(allocated < MaximumAllocation, $"Frame {i}, {Convert.ToHexString(frame)} read as {type} allocated {allocated} bytes.");
            }

            Assert.True(values > s_frames / 100, $"Only {values} frames were values: the mutations are too wild to test anything but the first byte.");
            Assert.True(refusals > s_frames / 10, $"Only {refusals} frames were refused: the mutations are too tame.");
        }, TestContext.Current.CancellationToken);
    }

    private static IEnumerable<Subject> Subjects()
    {
        foreach (MessageOrigin destination in Enum.GetValues<MessageOrigin>())
        {
            yield return Of(42, destination);
            yield return Of("some text", destination);
            yield return Of((int[])[1, 2, 3], destination);
            yield return Of((bool[])[true, false], destination);
            yield return Of((string?[])["a", null, "b"], destination);
            yield return Of(new[,] { { 1, 2 }, { 3, 4 } }, destination);
            yield return Of(new[] { new Pixel(1, 2f) }, destination);
            yield return Of<object?[]>([42, null, "hello", 5L, 1.5], destination);
            yield return Of<object>(new Dictionary<object, object> { ["k"] = 1, [2] = "v" }, destination);
            yield return Of(new Sample(1, "n", DateTime.Now, DateTimeOffset.Now, Guid.NewGuid(), 1.5m, [1, 2], new() { ["a"] = 1.5 }), destination);
            yield return Of<INode>(new Branch([new Leaf(1), new Branch([]), new Leaf(2)]), destination);
            yield return Of(new Keyed { Id = 1, Names = ["a", "b"] }, destination);
            yield return Of(new List<Dictionary<int, List<string>>> { new() { [1] = ["x"] } }, destination);
            yield return Of(ImmutableDictionary<string, int>.Empty.Add("a", 1), destination);
            yield return Of((1, "two", BigInteger.Pow(3, 99), new Uri("scheme:part"), new Version(1, 2), new Complex(1, 2)), destination);
            yield return Of(new HashSet<string> { "a" }, destination);
            yield return Of(new Memory<byte>([1, 2, 3]), destination);
        }

        object[] boxed =
        [
            new List<int> { 1 }, (1, "x"), 1.5m, Guid.NewGuid(), new Dictionary<string, object> { ["a"] = (byte)1 }, TimeSpan.MaxValue, new int[1, 1], Int128.One,
        ];
        yield return Of<object>(boxed, MessageOrigin.OwnProcess);
    }

    private static Subject Of<T>(T value, MessageOrigin destination) => new(typeof(T), MessageSerializer.Serialize(value, destination));

    private static byte[] Mutate(byte[] frame, Random random)
    {
        var bytes = new List<byte>(frame);
        int mutations = random.Next(1, 4);
        for (int i = 0; i < mutations && bytes.Count > 0; i++)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 3:
                    bytes.RemoveRange(at, random.Next(1, Math.Min(8, bytes.Count - at) + 1));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, random.Next(1, Math.Min(16, bytes.Count - at) + 1)));
                    break;
                case 5:
                    bytes.InsertRange(at, LyingHeader(random));
                    break;
                default:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)(random.Next(2) == 0 ? 0x91 : 0x81), random.Next(1, 2_000)));
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>The header of an array, map, text, binary or extension that claims up to 4 GiB.</summary>
    private static byte[] LyingHeader(Random random)
    {
        byte[] codes = [MessagePackCode.Array32, MessagePackCode.Map32, MessagePackCode.Str32, MessagePackCode.Bin32, MessagePackCode.Ext32];
        uint[] lengths = [uint.MaxValue, int.MaxValue, int.MaxValue / 2, 1 << 24, 1 << 16];
        byte[] header = new byte[6];
        header[0] = codes[random.Next(codes.Length)];
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(1), lengths[random.Next(lengths.Length)]);
        header[5] = (byte)random.Next(5);
        return header;
    }

    private sealed record Subject(Type Type, byte[] Frame);

    internal record struct Pixel(int X, float Y);

    internal sealed record Leaf(int Value) : INode;

    internal sealed record Branch(IReadOnlyList<INode> Children) : INode;

    internal sealed record Sample(
        int Id, string? Name, DateTime Local, DateTimeOffset Offset, Guid Guid, decimal Price, List<int> Numbers, Dictionary<string, double> Map);

    [MessagePackObject]
    public sealed record Keyed
    {
        [Key(0)]
        public int Id { get; set; }

        [Key(1)]
        public IReadOnlyList<string> Names { get; set; } = [];
    }
}
