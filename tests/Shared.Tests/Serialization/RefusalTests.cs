using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Tests.Serialization;

public sealed class RefusalTests
{
    [Fact(Timeout = 60_000)]
    public async Task What_cannot_travel_is_named_by_its_path()
    {
        await Task.Run(static () =>
        {
            using var stream = new MemoryStream();
            Refused(new Order([new Line(null), new Line(null), new Line(null), new Line(stream)]), "Order.Lines[3].Stream", "MemoryStream", "byte[]");
            Refused(new Dictionary<string, Line> { ["a"] = new Line(null), ["b"] = new Line(stream) }, "Dictionary<string, Line>[b].Stream");
            Refused((1, new Line(stream)), "ValueTuple<int, Line>.Item2.Stream");
            Refused(new Attributed { Inner = [1, stream] }, "Attributed.Inner[1]");
            Refused((string[])["a", "\ud800"], "string[][1]", "surrogate");
            Refused(new Texts("fine", new string('x', 50) + "\udc00"), "Texts.Second", "surrogate");
            Refused<object?[]>([1, new List<object?> { null, new Action(static () => { }) }], "object[][1][1]");
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_that_lives_in_this_process_only_can_travel()
    {
        await Task.Run(static () =>
        {
            using var stream = new MemoryStream();
            Refused<Stream>(stream, "Stream", "MemoryStream is open");
            Refused(new Action(static () => { }), "Action", "code");
            Refused((Func<int>)(static () => 1), "Func<int>");
            Refused(Task.CompletedTask, "Task", "await");
            Refused(new ValueTask<int>(1), "ValueTask<int>");
            Refused(Thread.CurrentThread, "Thread");
            Refused(typeof(int), "Type", "name");
            Refused(new InvalidOperationException("x"), "InvalidOperationException");
            Refused((nint)5, "IntPtr", "address");
            Refused(CancellationToken.None, "CancellationToken");
            Refused<IComparable>(5, "IComparable", "[Union]");
            Refused(new Pointer(), "Pointer", "Address");
            Refused(new AppDomainSetupLike(), "AppDomainSetupLike", "_hidden");
            Refused(System.Globalization.CultureInfo.InvariantCulture, "CultureInfo");
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Null_travels_where_the_value_itself_could_not()
    {
        await Task.Run(static () =>
        {
            Assert.Null(Wire.Copy(new Line(null)).Stream);
            Assert.Null(Wire.Copy<Action?>(null));
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_derived_object_is_not_cut_down_to_its_declared_type()
    {
        await Task.Run(static () =>
        {
            using var stream = new MemoryStream();
            Refused<IUnion[]>([new Listed(null), new Listed(stream)], "IUnion[][1].Stream", "MemoryStream is open");
            Refused<Marked>(new Unmarked { Id = 1 }, "Marked", "Unmarked");
            Refused<Animal>(new Dog("Rex", 3), "Animal", "Dog", "[Union]");
            Refused<Animal[]>([new Animal("a"), new Dog("Rex", 3)], "Animal[][1]");
            Refused<IUnion>(new Unlisted(), "IUnion", "Unlisted");
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cycle_is_found_and_named()
    {
        await Task.Run(static () =>
        {
            var node = new Node { Name = "a", Next = new Node { Name = "b" } };
            node.Next.Next = node;
            Refused(node, "Node.Next.Next", "passed before");
            var list = new List<object>();
            list.Add(list);
            Refused(list, "List<object>[0]", "passed before");

            var chain = new Node();
            for (int i = 0; i < 100_000; i++)
            {
                chain = new Node { Next = chain };
            }

            var exception = Assert.Throws<MessageSerializationException>(() => MessageSerializer.Serialize(chain));
            Assert.Contains("deeper than", exception.Message, StringComparison.Ordinal);
            Assert.StartsWith("Node.Next.Next", exception.MemberPath, StringComparison.Ordinal);
            Assert.Equal("ok", Wire.Copy("ok"));
            Assert.Equal("b", Wire.Copy(new Node { Next = new Node { Name = "b" } }).Next!.Name);
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_property_that_throws_is_named_and_keeps_its_exception()
    {
        await Task.Run(static () =>
        {
            MessageSerializationException exception = Refused(new Throwing { Value = -1 }, "Throwing.Value", "no negative");
            Assert.IsType<ArithmeticException>(exception.InnerException);
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failing_transport_is_not_blamed_on_the_value()
    {
        await Task.Run(static () =>
        {
            Assert.Throws<TimeoutException>(static () => MessageSerializer.Serialize(new FullTransport(), new Animal("a")));
            Assert.Equal(new Animal("b"), Wire.Copy(new Animal("b")));
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_cannot_be_read_is_named_by_its_path()
    {
        await Task.Run(static () =>
        {
            Unreadable<Team>(new { Name = "t", Members = new object[] { new { Name = "a", Age = 1 }, new { Name = "b", Age = "old" } } }, "Team.Members[1].Age");
            Unreadable<Team>(new { Name = 5, Members = Array.Empty<object>() }, "Team.Name");
            Unreadable<Dictionary<string, Guid>>(new Dictionary<string, string> { ["a"] = Guid.NewGuid().ToString(), ["b"] = "no guid" }, "Dictionary<string, Guid>[b]");
            Unreadable<(int, DateTime)>(new object[] { 1, "today" }, "ValueTuple<int, DateTime>.Item2");
            Unreadable<Keyed>(new object?[] { 1, new object[] { "a", 2 } }, "Keyed.Names[1]");
            Unreadable<int[]>(new object[] { 1, 2, null! }, "int[][2]");
            Unreadable<byte>(256, "byte");
            Unreadable<int>("text", "int");
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Damaged_messages_are_refused()
    {
        await Task.Run(static () =>
        {
            Damaged<int>("", "ends");
            Damaged<int>("CD01", "ends");
            Damaged<int>("0101", "1 more bytes follow");
            Damaged<string>("A2C328", "UTF-8");
            Damaged<Uri>("A2C328", "UTF-8");
            Damaged<string[]>("91A1FF", "UTF-8");
            Damaged<Dictionary<string, int>>("81A1FF01", "UTF-8");
            Damaged<object>("C1", "0xc1");
            Damaged<object>("D42A00", "42");
            Damaged<int[]>("DDFFFFFFFF", "does not fit");
            Damaged<int[]>("DD7FFFFFFF00", "ends");
            Damaged<byte[]>("C6FFFFFFFF", "ends");
            Damaged<object>("DF0FFFFFFF", "ends");
            Damaged<object>("C9FFFFFFFF01", "ends");
            Damaged<bool[]>("D501 0302", "bool");
            Damaged<int[]>("D501 0300", "kind");
            Damaged<int[]>("D501 0900", "whole number");
            Damaged<DateTime>("D702 3FFFFFFFFFFFFFFF", "9999");
            Damaged<int[,]>("93 CE7FFFFFFF CE7FFFFFFF 90", "fill");
            Damaged<int[,]>("93 CE7FFFFFFF 00 90", "fill");
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_nest_of_arrays_is_refused_whatever_it_is_read_as()
    {
        await Task.Run(static () =>
        {
            byte[] nest = new byte[100_001];
            nest.AsSpan(0, 100_000).Fill(0x91);
            foreach (MessageOrigin origin in Enum.GetValues<MessageOrigin>())
            {
                Assert.Throws<MessageSerializationException>(() => MessageSerializer.Deserialize<object>(nest, origin));
                Assert.Throws<MessageSerializationException>(() => MessageSerializer.Deserialize<Team>(nest, origin));
                Assert.Throws<MessageSerializationException>(() => MessageSerializer.Deserialize<List<Node>>(nest, origin));
            }
        }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_small_stack_is_enough_to_refuse_what_does_not_fit_on_it()
    {
        byte[] nest = new byte[401];
        nest.AsSpan(0, 400).Fill(0x91);
        var chain = new Node();
        for (int i = 0; i < 400; i++)
        {
            chain = new Node { Next = chain };
        }

        var outcome = new TaskCompletionSource();
        var thread = new Thread(
            () =>
            {
                try
                {
                    Assert.Throws<MessageSerializationException>(() => MessageSerializer.Deserialize<List<Node>>(nest));
                    AssertValueOrRefusal(() => MessageSerializer.Deserialize<object>(nest));
                    AssertValueOrRefusal(() => MessageSerializer.Serialize(chain));
                    outcome.SetResult();
                }
                catch (Exception e)
                {
                    outcome.SetException(e);
                }
            },
            maxStackSize: 256 * 1024);
        thread.Start();
        await outcome.Task.WaitAsync(TestContext.Current.CancellationToken);

        static void AssertValueOrRefusal(Func<object?> action)
        {
            if (Record.Exception(action) is { } exception)
            {
                Assert.IsType<MessageSerializationException>(exception);
            }
        }
    }

    private static MessageSerializationException Refused<T>(T value, string path, params string[] mentions)
    {
        var exception = Assert.Throws<MessageSerializationException>(() => MessageSerializer.Serialize(value));
        Assert.Equal(path, exception.MemberPath);
        Assert.All([path, .. mentions], mention => Assert.Contains(mention, exception.Message, StringComparison.Ordinal));
        return exception;
    }

    private static void Unreadable<T>(object sent, string path)
    {
        byte[] message = MessageSerializer.Serialize(sent.GetType(), sent, MessageOrigin.Foreign);
        foreach (MessageOrigin origin in Enum.GetValues<MessageOrigin>())
        {
            var exception = Assert.Throws<MessageSerializationException>(() => MessageSerializer.Deserialize<T>(message, origin));
            Assert.Equal(path, exception.MemberPath);
            exception = Assert.Throws<MessageSerializationException>(() => MessageSerializer.Deserialize<T>(Wire.Fragment(message), origin));
            Assert.Equal(path, exception.MemberPath);
        }
    }

    private static void Damaged<T>(string hex, string mention)
    {
        byte[] message = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        var exception = Assert.Throws<MessageSerializationException>(() => MessageSerializer.Deserialize<T>(message));
        Assert.Contains(mention, exception.Message, StringComparison.Ordinal);
        Assert.Throws<MessageSerializationException>(() => MessageSerializer.Deserialize<T>(Wire.Fragment(message), MessageOrigin.Foreign));
    }

    internal sealed record Order(IReadOnlyList<Line> Lines);

    internal sealed record Line(MemoryStream? Stream);

    internal sealed record Texts(string First, string Second);

    internal sealed record Person(string Name, int Age);

    internal sealed record Team(string Name, List<Person> Members);

    internal record Animal(string Name);

    internal sealed record Dog(string Name, int Age) : Animal(Name);

    [Union(0, typeof(Listed))]
    internal interface IUnion;

    internal sealed record Listed(MemoryStream? Stream) : IUnion;

    internal sealed record Unlisted : IUnion;

    [Union(0, typeof(MarkedLeaf))]
    [MessagePackObject]
    public abstract record Marked
    {
        [Key(0)]
        public int Id { get; set; }
    }

    [MessagePackObject]
    public sealed record MarkedLeaf : Marked;

    [MessagePackObject]
    public sealed record Unmarked : Marked;

    internal sealed class Node
    {
        public string? Name { get; set; }

        public Node? Next { get; set; }
    }

    internal sealed class Throwing
    {
        public int Value
        {
            get => field < 0 ? throw new ArithmeticException("no negative values") : field;
            set;
        }
    }

    internal sealed unsafe class Pointer
    {
        public int* Address { get; set; }
    }

    internal sealed class AppDomainSetupLike
    {
        private readonly int _hidden = 5;

        public int Twice => _hidden * 2;
    }

    [MessagePackObject]
    public sealed record Keyed([property: Key(0)] int Id, [property: Key(1)] IReadOnlyList<string> Names);

    [MessagePackObject(AllowPrivate = true)]
    internal sealed record Attributed
    {
        [Key(0)]
        public IReadOnlyList<object>? Inner { get; set; }
    }

    private sealed class FullTransport : System.Buffers.IBufferWriter<byte>
    {
        public void Advance(int count) => throw new TimeoutException("The ring is full.");

        public Memory<byte> GetMemory(int sizeHint = 0) => new byte[Math.Max(sizeHint, 16)];

        public Span<byte> GetSpan(int sizeHint = 0) => new byte[Math.Max(sizeHint, 16)];
    }
}
