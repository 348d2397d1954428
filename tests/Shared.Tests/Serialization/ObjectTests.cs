using System.Runtime.Serialization;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Tests.Serialization;

public sealed class ObjectTests
{
    public enum Status
    {
        Open,
        Closed = 7,
    }

    [Union(0, typeof(Circle))]
    [Union(1, typeof(Square))]
    internal interface IShape;

    [Fact(Timeout = 60_000)]
    public async Task Records_and_classes_of_any_visibility_travel_without_attributes()
    {
        await Task.Run(static () =>
        {
            Wire.Keeps<(int, string, double), Person>(static v => new Person(v.Item1, "n", [v.Item3]));
            Wire.AssertKept(new Secret(1, "x"));
            Wire.AssertKept(new Nested(new Secret(1, null), [new Secret(2, "b")], new() { ["k"] = new Secret(3, "c") }));
            Wire.AssertKept(new Point(1, 2));
            Wire.AssertKept<Point?>(new Point(1, 2));
            Wire.AssertKept<Secret?>(null);
            Wire.AssertKept(new { Name = "anonymous", Count = 3 });
            Wire.AssertKept(new FileLocal(Status.Closed, Guid.NewGuid(), DateTime.UnixEpoch));
            Wire.AssertKept(new Generic<Secret>(new Secret(1, "z")));
            Wire.AssertKept(new Empty());
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task All_ways_to_restore_a_member_are_used()
    {
        await Task.Run(static () =>
        {
            var sent = new Settable(5) { Public = 1, Init = 2, Field = 3, Ignored = 9, Keyword = "k" };
            sent.SetPrivate(4);
            sent.Items.Add("item");
            Settable received = Wire.Copy(sent);
            Assert.Equal((1, 2, 3, 4, 5, 0, "k"), (received.Public, received.Init, received.Field, received.Private, received.Constructed, received.Ignored, received.Keyword));
            Assert.Equal(["item"], received.Items);
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_member_that_the_message_leaves_out_keeps_its_default()
    {
        await Task.Run(static () =>
        {
            byte[] message = MessageSerializer.Serialize(new Dictionary<string, object> { ["Name"] = "n", ["Unknown"] = new object[] { 1 } });
            Assert.Equal(new WithDefaults("n"), MessageSerializer.Deserialize<WithDefaults>(message));
            Assert.Equal(11, MessageSerializer.Deserialize<WithInitializer>(message).Value);
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Attributes_say_what_travels()
    {
        await Task.Run(static () =>
        {
            Wire.AssertKept(new Attributed { Id = 1, Name = "a", Inner = new Plain(1) });
            Wire.AssertKept(new Contracted { Id = 1, Name = "a" });
            Wire.AssertKept(new HiddenAttributed { Id = 1, Name = "a" });
            Wire.AssertKept(new KeyedRecord(3, ["a"]));
            Assert.Equal("93", Convert.ToHexString(MessageSerializer.Serialize(new Attributed()))[..2]);
            Assert.Equal(0, Wire.Copy(new Contracted { Unmarked = 5 }).Unmarked);
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_union_keeps_the_exact_type()
    {
        await Task.Run(static () =>
        {
            Wire.AssertKept<IShape>(new Circle(2));
            Wire.AssertKept<IShape?>(null);
            Wire.AssertKept<IShape[]>([new Square(1), new Circle(1)]);
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Deep_trees_travel()
    {
        await Task.Run(static () =>
        {
            Tree tree = new(0, []);
            for (int i = 1; i < 200; i++)
            {
                tree = new Tree(i, [tree]);
            }

            Tree received = Wire.Copy(tree);
            int depth = 1;
            for (; received.Children.Count > 0; received = received.Children[0])
            {
                depth++;
            }

            Assert.Equal(200, depth);
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Threads_may_use_the_same_types_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(static thread => Task.Run(() =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                Wire.AssertSame(new Nested(new Secret(thread, "x"), [new Secret(i, null)], []), Wire.Copy(new Nested(new Secret(thread, "x"), [new Secret(i, null)], [])));
            }
        }, TestContext.Current.CancellationToken)));
    }

    public sealed record Person(int Age, string Name, IReadOnlyList<double> Scores)
    {
        public bool IsAdult => Age >= 18;

        public Stream Unsendable => throw new InvalidOperationException("A computed property is not asked.");

        public bool Equals(Person? other) => other is not null && Age == other.Age && Name == other.Name && Scores.SequenceEqual(other.Scores);

        public override int GetHashCode() => Age;
    }

    private sealed record Secret(int Id, string? Name);

    private sealed record Nested(Secret One, List<Secret> Many, Dictionary<string, Secret> ByName)
    {
        public bool Equals(Nested? other) =>
            other is not null && One == other.One && Many.SequenceEqual(other.Many) && ByName.OrderBy(static p => p.Key).SequenceEqual(other.ByName.OrderBy(static p => p.Key));

        public override int GetHashCode() => One.GetHashCode();
    }

    private record struct Point(int X, int Y);

    private sealed record Generic<T>(T Value);

    private sealed record Empty;

    private sealed record Tree(int Id, List<Tree> Children);

    private sealed record WithDefaults(string Name, int Size = 42, Status Status = Status.Closed, string Text = "d");

    private sealed class WithInitializer
    {
        public int Value { get; set; } = 11;
    }

    private abstract class Base
    {
        public int Private { get; private set; }

        public void SetPrivate(int value) => Private = value;
    }

    private sealed class Settable(int constructed) : Base
    {
        public int Field;

        public int Public { get; set; }

        public required int Init { get; init; }

        public int Constructed { get; } = constructed;

        public List<string> Items { get; } = [];

        public string Keyword { get; init => field = value.Trim(); } = "";

        [IgnoreMember]
        public int Ignored { get; set; }
    }

    internal sealed record Circle(double Radius) : IShape;

    internal sealed record Square(double Side) : IShape;

    [MessagePackObject(keyAsPropertyName: true)]
    public sealed record Plain(int Id);

    [MessagePackObject]
    public sealed record Attributed
    {
        [Key(0)]
        public int Id { get; set; }

        [Key(2)]
        public string? Name { get; set; }

        [IgnoreMember]
        public object? Hidden { get; set; }

        [Key(1)]
        public Plain? Inner { get; set; }
    }

    [MessagePackObject]
    public sealed record KeyedRecord([property: Key(0)] int Id, [property: Key(1)] IReadOnlyList<string> Names)
    {
        public bool Equals(KeyedRecord? other) => other is not null && Id == other.Id && Names.SequenceEqual(other.Names);

        public override int GetHashCode() => Id;
    }

    [DataContract]
    public sealed record Contracted
    {
        [DataMember(Order = 0)]
        public int Id { get; set; }

        [DataMember(Order = 1)]
        public string? Name { get; set; }

        public int Unmarked { get; set; }
    }

    [MessagePackObject(keyAsPropertyName: true)]
    private sealed record HiddenAttributed
    {
        public int Id { get; set; }

        public string? Name { get; set; }
    }
}

file sealed record FileLocal(ObjectTests.Status Status, Guid Id, DateTime When);
