using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class SharedNamespaceTests(ManagerFixture fixture) : IClassFixture<ManagerFixture>
{
    private Manager Manager => fixture.Manager;

    [Fact(Timeout = 60_000)]
    public void Names_are_set_read_and_removed_and_show_as_text()
    {
        using SharedNamespace space = Manager.CreateNamespace(new Dictionary<string, object?> { ["x"] = 1, ["y"] = 1 });
        Assert.Equal("Namespace(x = 1, y = 1)", space.ToString());
        space.Set("name", "Bob");
        space.Set("_hidden", true);
        space.Set("list", (object[])[1, 2.5, null!]);
        Assert.Equal("Namespace(list = [1, 2.5, None], name = 'Bob', x = 1, y = 1)", space.ToString());
        Assert.Equal("Bob", space.Get<string>("name"));
        Assert.True(space.Remove("name"));
        KeyNotFoundException error = Assert.Throws<KeyNotFoundException>(() => space.Get<string>("name"));
        Assert.Contains("'name'", error.Message, StringComparison.Ordinal);
        Assert.False(space.TryGet("name", out string? _));
        Assert.True(space.Contains("_hidden"));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_follows_an_awaited_call_may_block_for_another_call_whatever_the_result()
    {
        using SharedNamespace space = Manager.CreateNamespace(new Dictionary<string, object?> { ["x"] = 1, ["list"] = new[] { 2, 3 } });
        Task<int>[] calls = [.. Enumerable.Range(0, 16).Select(index => index % 2 == 0 ? AddAsync() : CountAsync())];
        Assert.Equal(Enumerable.Range(0, 16).Select(index => index % 2 == 0 ? 2 : 3), await Task.WhenAll(calls));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => space.GetAsync<int>("none", CancellationToken.None));
        await Assert.ThrowsAsync<MessageSerializationException>(() => space.GetAsync<int>("list", CancellationToken.None));

        async Task<int> AddAsync() => await space.GetAsync<int>("x", CancellationToken.None).ConfigureAwait(false) + space.Get<int>("x");

        async Task<int> CountAsync() =>
            (await space.GetAsync<int[]>("list", CancellationToken.None).ConfigureAwait(false)).Length + space.Get<int>("x");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_changes_what_its_creator_sees()
    {
        using SharedNamespace space = Manager.CreateNamespace(new Dictionary<string, object?> { ["x"] = 1, ["y"] = 1 });
        using WorkerProcess worker = WorkerProcess.Create(
            static (SharedNamespace shared) =>
            {
                _ = shared.Increment("x", 5);
                _ = shared.Update<int>("y", y => y * 10);
            },
            space);
        worker.Start();
        await worker.JoinAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, worker.ExitCode);
        Assert.Equal("Namespace(x = 6, y = 10)", space.ToString());
    }

    [Fact(Timeout = 60_000)]
    public void Numbers_are_added_exactly_or_not_at_all()
    {
        using SharedNamespace space = Manager.CreateNamespace();
        Assert.Equal(5, space.Increment("n", 5));
        Assert.Equal(5.5, space.Increment("n", 0.5));
        space.Set("big", long.MaxValue);
        Assert.Throws<ArgumentOutOfRangeException>(() => space.Increment("big", 1L));
        Assert.Equal(long.MaxValue, space.Get<long>("big"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Several_names_are_set_and_read_at_once_and_a_value_is_exchanged_only_for_the_expected_one()
    {
        using SharedNamespace names = fixture.Manager.CreateNamespace();
        names.SetMany(new Dictionary<string, object?> { ["x"] = 1, ["y"] = 2, ["text"] = "a" });
        Assert.Equal(new Dictionary<string, int> { ["x"] = 1, ["y"] = 2 }, names.GetMany<int>("x", "y", "z"));
        Assert.Equal("a", names.Get<string>("text"));
        Assert.False(names.CompareExchange("x", 2, 3));
        Assert.True(names.CompareExchange("x", 1, 3));
        Assert.False(names.CompareExchange("z", 0, 1));
        Assert.True(names.Remove("text"));
        Assert.Equal(new Dictionary<string, int> { ["x"] = 3, ["y"] = 2 }, names.ToDictionary<int>());
        Assert.Equal(5, await names.IncrementAsync("x", 2, TestContext.Current.CancellationToken));
        Assert.Equal(10, await names.UpdateAsync("x", static (int x) => x * 2, TestContext.Current.CancellationToken));
    }
}
