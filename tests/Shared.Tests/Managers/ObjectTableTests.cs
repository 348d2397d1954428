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
