using System.Diagnostics;
using IpcDemos.Shared.Managers.Hosting;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class ObjectTableTests
{
    [Fact]
    public void What_only_refers_to_itself_is_removed_although_other_references_move_meanwhile()
    {
        var objects = new ObjectTable();
        var root = new Restless(objects);
        _ = objects.AddLeased(root);
        var circle = new Circle();
        _ = objects.AddLeased(circle);
        objects.Hold(circle);
        root.Moves = 1;
        objects.Release(circle);
        Assert.True(circle.IsRemoved);
        Assert.False(root.IsRemoved);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_only_refers_to_itself_is_removed_when_references_rest_again()
    {
        var objects = new ObjectTable();
        var root = new Restless(objects) { Moves = 5 };
        _ = objects.AddLeased(root);
        var circle = new Circle();
        _ = objects.AddLeased(circle);
        objects.Hold(circle);
        objects.Release(circle);
        Assert.False(circle.IsRemoved);
        await Eventually.HoldsAsync(() => circle.IsRemoved);
    }

    [Fact(Timeout = 120_000)]
    public async Task Who_lets_go_of_many_things_that_are_also_in_values_has_few_searches_made_for_what_only_refers_to_itself()
    {
        var objects = new ObjectTable();
        var root = new Laborious();
        _ = objects.AddLeased(root);
        Circle[] held = [.. Enumerable.Range(0, 400).Select(_ => new Circle())];
        root.Held = held;
        foreach (Circle each in held)
        {
            _ = objects.AddLeased(each);
            objects.Hold(each);
        }

        Array.ForEach(held, each => objects.Release(each));
        Assert.InRange(root.Walks, 1, held.Length / 2);
        Assert.DoesNotContain(held, each => each.IsRemoved);
        root.Held = [];
        objects.Lease(held[0]);
        objects.Release(held[0]);
        await Eventually.HoldsAsync(() => held.All(each => each.IsRemoved));
    }

    private abstract class Idle : HostedObject
    {
        protected Idle() => Number = ObjectTable.NewNumber();

        public override string TypeName => "idle";

        public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call) => throw NoSuchMethod(method);

        public override string ToString() => TypeName;
    }

    private sealed class Circle : Idle
    {
        public override IEnumerable<HostedObject> References() => [this];
    }

    /// <summary>To look at what it refers to takes its time.</summary>
    private sealed class Laborious : Idle
    {
        public Circle[] Held { get; set; } = [];

        public int Walks { get; private set; }

        public override IEnumerable<HostedObject> References()
        {
            Walks++;
            for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalMilliseconds < 20;)
            {
                // As long as a walk over very many.
            }

            return Held;
        }
    }

    /// <summary>While it is looked at, references move.</summary>
    private sealed class Restless(ObjectTable objects) : Idle
    {
        public int Moves { get; set; }

        public override IEnumerable<HostedObject> References()
        {
            if (Moves > 0)
            {
                Moves--;
                objects.Lease(this);
            }

            return [];
        }
    }
}
