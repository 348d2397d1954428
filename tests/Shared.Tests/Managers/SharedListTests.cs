using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class SharedListTests(ManagerFixture fixture) : IClassFixture<ManagerFixture>
{
    private Manager Manager => fixture.Manager;

    [Fact(Timeout = 60_000)]
    public void Elements_are_read_written_inserted_and_removed()
    {
        using SharedList<int> list = Manager.CreateList(Enumerable.Range(0, 10));
        Assert.Equal(10, list.Count);
        Assert.Equal(3, list[3]);
        Assert.Equal(9, list[^1]);
        list[3] = 33;
        list.Add(10);
        list.AddRange([11, 12]);
        list.Insert(0, -1);
        Assert.Equal([-1, 0, 1, 2, 33, 4, 5, 6, 7, 8, 9, 10, 11, 12], list.ToList());
        Assert.Equal(12, list.Pop());
        Assert.Equal(-1, list.Pop(0));
        Assert.True(list.Remove(33));
        Assert.False(list.Remove(33));
        Assert.Equal([4, 5], list.GetRange(3, 2));
        Assert.Equal(2, list.IndexOf(2));
        Assert.DoesNotContain(99, list);
        list.RemoveRange(0, 8);
        list.Reverse();
        Assert.Equal([11, 10, 9], list);
        list.Sort();
        Assert.Equal([9, 10, 11], list);
        list.Clear();
        Assert.Empty(list);
    }

    [Fact(Timeout = 60_000)]
    public void Indices_beyond_the_list_are_told_with_the_remote_stack()
    {
        using SharedList<string> list = Manager.CreateList(["a"]);
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => list[1]);
        Assert.Contains("HostedList", error.InnerException!.ToString(), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[^2] = "b");
        Assert.Throws<ArgumentOutOfRangeException>(() => list[^0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => list.Insert(2, "c"));
        Assert.Equal(["a"], list.ToList());
    }

    [Fact(Timeout = 60_000)]
    public void What_is_read_is_a_copy_and_update_changes_the_original()
    {
        using SharedList<List<int>> list = Manager.CreateList([new List<int> { 1 }]);
        list[0].Add(2);
        Assert.Equal([1], list[0]);
        _ = list.Update(0, inner => [.. inner, 2]);
        Assert.Equal([1, 2], list[0]);
    }

    [Fact(Timeout = 60_000)]
    public void Increments_and_updates_of_many_threads_lose_nothing()
    {
        using SharedList<long> list = Manager.CreateList([0L, 0L]);
        _ = Parallel.For(0, 8, _ =>
        {
            for (int time = 0; time < 100; time++)
            {
                _ = list.Increment(0, 2);
                _ = list.Update(1, value => value + 3);
            }
        });
        Assert.Equal([1600, 2400], list.ToList());
    }

    [Fact(Timeout = 60_000)]
    public void Exchanges_compare_what_is_there()
    {
        using SharedList<string> list = Manager.CreateList(["a"]);
        Assert.False(list.CompareExchange(0, "b", "c"));
        Assert.True(list.CompareExchange(0, "a", "c"));
        Assert.Equal("c", list.Exchange(0, "d"));
        Assert.Equal("d", list[0]);
        Assert.Throws<InvalidOperationException>(() => list.Increment(0, "1"));
    }

    [Fact(Timeout = 60_000)]
    public void Iterating_sees_what_is_appended_meanwhile_and_a_finished_iteration_stays_finished()
    {
        using SharedList<int> list = Manager.CreateList(Enumerable.Range(0, 256));
        using IEnumerator<int> iterator = list.GetEnumerator();
        Assert.True(iterator.MoveNext());
        list.Add(256);
        int count = 1;
        while (iterator.MoveNext())
        {
            count++;
        }

        list.Add(257);
        Assert.Equal(257, count);
        Assert.False(iterator.MoveNext());
    }

    [Fact(Timeout = 60_000)]
    public void Lists_in_lists_are_shared_and_live_on_in_each_other()
    {
        using SharedList<SharedList<int>> outer = Manager.CreateList<SharedList<int>>();
        using (SharedList<int> inner = Manager.CreateList([1]))
        {
            outer.Add(inner);
            inner.Add(2);
        }

        using (SharedList<int> inner = outer[0])
        {
            inner.Add(3);
            Assert.Equal([1, 2, 3], inner);
        }

        using SharedList<int> again = outer[0];
        outer.Clear();
        Assert.Equal([1, 2, 3], again);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_list_that_contains_itself_is_removed_when_nobody_can_reach_it()
    {
        int before = Manager.Inspect().Objects.Count;
        using (SharedList<SharedDictionary<string, SharedVariable<int>>> list = Manager.CreateList<SharedDictionary<string, SharedVariable<int>>>())
        using (SharedDictionary<string, SharedVariable<int>> dictionary = Manager.CreateDictionary<string, SharedVariable<int>>())
        using (SharedVariable<int> variable = Manager.CreateVariable(1))
        {
            list.Add(dictionary);
            dictionary["x"] = variable;
            using SharedList<SharedList<SharedDictionary<string, SharedVariable<int>>>> loop =
                Manager.CreateList<SharedList<SharedDictionary<string, SharedVariable<int>>>>();
            loop.Add(list);
            using SharedList<object?> untyped = Manager.CreateList<object?>();
            Assert.Equal(before + 5, Manager.Inspect().Objects.Count);
        }

        using (Cell cell = new(Manager))
        {
            cell.ContainItself();
        }

        // The search for such loops is put off when the last ones took long.
        await Eventually.HoldsAsync(() => Manager.Inspect().Objects.Count == before);
    }

    [Fact(Timeout = 60_000)]
    public async Task Awaited_calls_run_side_by_side_in_the_order_in_which_they_were_begun()
    {
        using SharedList<int> list = Manager.CreateList<int>();
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(number => list.AddAsync(number, TestContext.Current.CancellationToken)));
        Assert.Equal(Enumerable.Range(0, 1000), await list.ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(999, await list.PopAsync(TestContext.Current.CancellationToken));
        await list.SetAsync(0, 7, TestContext.Current.CancellationToken);
        Assert.Equal(7, await list.GetAsync(0, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public void Large_values_and_structures_travel()
    {
        using SharedList<(string Name, double[] Values)> list = Manager.CreateList<(string, double[])>();
        double[] values = [.. Enumerable.Range(0, 1_000_000).Select(number => (double)number)];
        list.Add(("large", values));
        Assert.Equal(values, list[0].Values);
    }

    [Fact(Timeout = 60_000)]
    public async Task Changes_are_told_to_those_who_watch()
    {
        using SharedList<string> list = Manager.CreateList<string>();
        await using IAsyncEnumerator<SharedChange<int>> changes = list.WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(new SharedChange<int>(0, SharedChangeKind.Watching, 0), changes.Current);
        list.Add("a");
        list[0] = "b";
        list.Clear();
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(new SharedChange<int>(1, SharedChangeKind.Inserted, 0), changes.Current);
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(new SharedChange<int>(2, SharedChangeKind.Set, 0), changes.Current);
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(SharedChangeKind.Replaced, changes.Current.Kind);
    }

    /// <summary>A list of a type that can hold itself.</summary>
    private sealed class Cell(Manager manager) : IDisposable
    {
        private readonly SharedList<object?> _list = manager.CreateList<object?>();

        public void ContainItself()
        {
            manager.Publish("cell", _list);
            using SharedList<SharedList<object?>> same = manager.OpenList<SharedList<object?>>("cell");
            same.Add(_list);
            Assert.True(manager.Withdraw("cell"));
        }

        public void Dispose() => _list.Dispose();
    }
}
