using IpcDemos.Shared.Managers;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class SharedDictionaryTests(ManagerFixture fixture) : IClassFixture<ManagerFixture>
{
    private Manager Manager => fixture.Manager;

    [Fact(Timeout = 60_000)]
    public void Keys_are_added_read_replaced_and_removed()
    {
        using SharedDictionary<string, int> ages = Manager.CreateDictionary(new Dictionary<string, int> { ["Ann"] = 31 });
        ages["Bob"] = 42;
        ages["Ann"] = 32;
        Assert.Equal(2, ages.Count);
        Assert.Equal(32, ages["Ann"]);
        Assert.Throws<KeyNotFoundException>(() => ages["Cid"]);
        Assert.False(ages.TryGetValue("Cid", out _));
        Assert.True(ages.TryAdd("Cid", 53));
        Assert.False(ages.TryAdd("Cid", 54));
        Assert.Equal(53, ages.GetOrAdd("Cid", 55));
        Assert.Equal(64, ages.GetOrAdd("Dan", 64));
        Assert.Equal(["Ann", "Bob", "Cid", "Dan"], ages.Keys.Order());
        Assert.Equal([32, 42, 53, 64], ages.Values.Order());
        Assert.True(ages.ContainsKey("Dan"));
        Assert.True(ages.TryRemove("Dan", out int age));
        Assert.Equal(64, age);
        Assert.False(ages.Remove("Dan"));
        ages.SetMany(new Dictionary<string, int> { ["Eve"] = 1, ["Ann"] = 2 });
        Assert.Equal(2, ages.GetMany(["Ann", "Zoe", "Eve"]).Count);
        Assert.Equal(4, ages.ToDictionary().Count);
        ages.Clear();
        Assert.Throws<InvalidOperationException>(() => ages.PopAny());
        ages["x"] = 1;
        Assert.Equal(KeyValuePair.Create("x", 1), ages.PopAny());
        Assert.Empty(ages);
    }

    [Fact(Timeout = 60_000)]
    public void Updates_of_many_threads_lose_nothing()
    {
        using SharedDictionary<int, long> sums = Manager.CreateDictionary<int, long>();
        _ = Parallel.For(0, 8, _ =>
        {
            for (int time = 0; time < 100; time++)
            {
                _ = sums.Increment(1, 1);
                _ = sums.Update(2, value => value + 2);
            }
        });
        Assert.Equal(800, sums[1]);
        Assert.Equal(1600, sums[2]);
    }

    [Fact(Timeout = 60_000)]
    public void Any_value_is_a_key_and_nested_objects_share_their_state_on_every_path()
    {
        using SharedDictionary<(int, string), SharedList<int>> lists = Manager.CreateDictionary<(int, string), SharedList<int>>();
        using SharedSet<int> plain = Manager.CreateSet([1, 2, 2]);
        using (SharedList<int> list = Manager.CreateList<int>())
        {
            lists[(1, "a")] = list;
            lists[(2, "b")] = list;
        }

        using SharedList<int> first = lists[(1, "a")];
        using SharedList<int> second = lists[(2, "b")];
        first.Add(1);
        Assert.Equal([1], second);
        Assert.True(first == second);
        Assert.Equal(2, plain.Count);
    }

    [Fact(Timeout = 60_000)]
    public void Sets_keep_one_of_each()
    {
        using SharedSet<string> set = Manager.CreateSet(["a", "b"]);
        Assert.False(set.Add("a"));
        Assert.True(set.Add("c"));
        Assert.Equal(1, set.UnionWith(["c", "d"]));
        Assert.Equal(1, set.ExceptWith(["a", "x"]));
        Assert.Equal(1, set.IntersectWith(["c", "d"]));
        Assert.Equal(["c", "d"], set.Order());
        Assert.True(set.Remove("c"));
        Assert.True(set.Contains("d"));
        set.Clear();
        Assert.Empty(set);
    }

    [Fact(Timeout = 60_000)]
    public void Variables_and_vectors_are_changed_atomically()
    {
        using SharedVariable<double> variable = Manager.CreateVariable(1.5);
        variable.Value = 2.5;
        Assert.Equal(2.5, variable.Exchange(3));
        Assert.Equal(4, variable.Increment(1));
        Assert.Equal(8, variable.Update(value => value * 2));
        using SharedVector<int> vector = Manager.CreateVector(Enumerable.Range(0, 5));
        vector[1] = 10;
        Assert.Equal(15, vector.Increment(1, 5));
        Assert.True(vector.CompareExchange(0, 0, 7));
        Assert.Equal([7, 15, 2, 3, 4], vector.ToArray());
        Assert.Equal(5, vector.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => vector[5]);
        Assert.Throws<ArgumentOutOfRangeException>(() => vector[-1] = 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_value_is_exchanged_only_for_the_expected_one()
    {
        using SharedDictionary<string, string?> dictionary = Manager.CreateDictionary(new Dictionary<string, string?> { ["a"] = "1", ["nil"] = null });
        Assert.False(dictionary.CompareExchange("a", "2", "3"));
        Assert.False(dictionary.CompareExchange("b", null, "3"));
        Assert.True(dictionary.CompareExchange("nil", null, "3"));
        Assert.True(dictionary.CompareExchange("a", "1", "2"));
        Assert.Equal("2", dictionary["a"]);
        Assert.Equal("22", await dictionary.UpdateAsync("a", static value => value + value, TestContext.Current.CancellationToken));
        await dictionary.SetManyAsync(new Dictionary<string, string?> { ["c"] = "4" }, TestContext.Current.CancellationToken);
        Assert.Equal(
            new Dictionary<string, string?> { ["a"] = "22", ["c"] = "4" },
            await dictionary.GetManyAsync(["a", "c", "d"], TestContext.Current.CancellationToken));
        Assert.True(await dictionary.RemoveAsync("c", TestContext.Current.CancellationToken));

        using SharedVariable<int> variable = Manager.CreateVariable(1);
        Assert.False(variable.CompareExchange(2, 3));
        Assert.True(variable.CompareExchange(1, 3));
        Assert.Equal(4, await variable.IncrementAsync(1, TestContext.Current.CancellationToken));
        Assert.Equal(8, await variable.UpdateAsync(static value => value * 2, TestContext.Current.CancellationToken));

        using SharedList<int> list = Manager.CreateList([1]);
        await list.InsertAsync(0, 5, TestContext.Current.CancellationToken);
        Assert.Equal(6, await list.IncrementAsync(0, 1, TestContext.Current.CancellationToken));
        Assert.Equal(12, await list.UpdateAsync(0, static value => value * 2, TestContext.Current.CancellationToken));
        Assert.True(await list.RemoveAsync(1, TestContext.Current.CancellationToken));
        Assert.Equal([12], list);
    }
}
