using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class SharedWatchTests(ManagerFixture fixture) : IClassFixture<ManagerFixture>
{
    private Manager Manager => fixture.Manager;

    [Fact(Timeout = 60_000)]
    public async Task A_watched_dictionary_tells_which_key_was_set_or_removed_and_when_all_went()
    {
        using SharedDictionary<string, int> dictionary = Manager.CreateDictionary<string, int>();
        await AssertTellsAsync(
            dictionary.WatchAsync(TestContext.Current.CancellationToken),
            () =>
            {
                dictionary["a"] = 1;
                _ = dictionary.Increment("a", 1);
                Assert.False(dictionary.TryAdd("a", 3)); // no change
                Assert.True(dictionary.Remove("a"));
                dictionary.Clear();
            },
            (SharedChangeKind.Set, "a"),
            (SharedChangeKind.Set, "a"),
            (SharedChangeKind.Removed, "a"),
            (SharedChangeKind.Replaced, null));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watched_namespace_tells_which_name()
    {
        using SharedNamespace names = Manager.CreateNamespace();
        await AssertTellsAsync(
            names.WatchAsync(TestContext.Current.CancellationToken),
            () =>
            {
                names.Set("x", 1);
                _ = names.Remove("x");
            },
            (SharedChangeKind.Set, "x"),
            (SharedChangeKind.Removed, "x"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watched_set_tells_which_element()
    {
        using SharedSet<string> set = Manager.CreateSet<string>();
        await AssertTellsAsync(
            set.WatchAsync(TestContext.Current.CancellationToken),
            () =>
            {
                Assert.True(set.Add("a"));
                Assert.False(set.Add("a")); // no change
                Assert.True(set.Remove("a"));
            },
            (SharedChangeKind.Set, "a"),
            (SharedChangeKind.Removed, "a"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watched_variable_and_array_tell_that_and_where_they_were_set()
    {
        using SharedVariable<int> variable = Manager.CreateVariable(1);
        await AssertTellsAsync(
            variable.WatchAsync(TestContext.Current.CancellationToken),
            () =>
            {
                variable.Value = 2;
                _ = variable.Increment(1);
            },
            (SharedChangeKind.Set, 0),
            (SharedChangeKind.Set, 0));

        using SharedVector<int> array = Manager.CreateVector([1, 2, 3]);
        await AssertTellsAsync(array.WatchAsync(TestContext.Current.CancellationToken), () => array[2] = 4, (SharedChangeKind.Set, 2));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watcher_that_reads_too_late_is_told_that_it_has_missed_something()
    {
        using SharedVariable<int> variable = Manager.CreateVariable(0);
        await using IAsyncEnumerator<SharedChange<int>> changes = await BeginAsync(variable.WatchAsync(TestContext.Current.CancellationToken));
        Task[] sets = [.. Enumerable.Range(0, 10_000).Select(number => variable.SetAsync(number))];
        await Task.WhenAll(sets); // each change was told before its call was answered, and nobody has read any
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(SharedChangeKind.Missed, changes.Current.Kind);

        // Then it goes on with what was kept, and with what comes.
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(SharedChangeKind.Set, changes.Current.Kind);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watcher_that_is_stopped_fills_no_memory_and_learns_afterwards_that_it_has_missed_something()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no signals that stop a process.");
        using Manager manager = Manager.Start(new ManagerOptions { MaximumUnreadLength = 100_000 });
        using SharedDictionary<string, int> dictionary = manager.CreateDictionary<string, int>();
        using SharedEvent ready = manager.CreateEvent();
        using WorkerProcess watcher = WorkerProcess.Create(
            static async (SharedDictionary<string, int> dictionary, SharedEvent ready) =>
            {
                await foreach (SharedChange<string> change in dictionary.WatchAsync())
                {
                    if (change.Kind == SharedChangeKind.Watching)
                    {
                        ready.Set();
                    }
                    else if (change.Kind == SharedChangeKind.Missed)
                    {
                        return dictionary.Count;
                    }
                }

                return -1;
            },
            dictionary,
            ready);
        watcher.Start();
        Assert.True(ready.Wait());
        UnixSignal.Send(watcher.ProcessId!.Value, UnixSignal.Stop);
        string large = new('x', 10_000);
        for (int number = 0; number < 1_000; number++)
        {
            dictionary[large + number] = number;
        }

        UnixSignal.Send(watcher.ProcessId.Value, UnixSignal.Continue);
        Task<int> seen = watcher.ResultAsync<int>(TestContext.Current.CancellationToken);
        while (!seen.IsCompleted)
        {
            _ = dictionary.Increment("one more", 1); // told of once the watcher has read what was before
        }

        Assert.Equal(1_001, await seen);
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_cancels_or_leaves_is_watched_for_no_more()
    {
        using Manager manager = Manager.Start();
        using SharedList<int> list = manager.CreateList<int>();
        using var stop = new CancellationTokenSource();
        await using (IAsyncEnumerator<SharedChange<int>> cancelled = await BeginAsync(list.WatchAsync(stop.Token)))
        await using (IAsyncEnumerator<SharedChange<int>> left = await BeginAsync(list.WatchAsync(TestContext.Current.CancellationToken)))
        {
            Assert.Equal(2, manager.Inspect().Clients.Single().WaitingCalls);
            Task<bool> next = cancelled.MoveNextAsync().AsTask();
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        }

        await Eventually.HoldsAsync(() => manager.Inspect().Clients.Single().WaitingCalls == 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_end_of_the_server_ends_the_watch_with_the_reason()
    {
        using Manager manager = Manager.Start();
        using SharedList<int> list = manager.CreateList<int>();
        await using IAsyncEnumerator<SharedChange<int>> changes = await BeginAsync(list.WatchAsync(TestContext.Current.CancellationToken));
        Task<bool> next = changes.MoveNextAsync().AsTask();
        manager.Worker!.Kill();
        await Assert.ThrowsAsync<ManagerDisconnectedException>(() => next);
    }

    private static async Task<IAsyncEnumerator<SharedChange<T>>> BeginAsync<T>(IAsyncEnumerable<SharedChange<T>> watch)
    {
        IAsyncEnumerator<SharedChange<T>> changes = watch.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(SharedChangeKind.Watching, changes.Current.Kind);
        return changes;
    }

    /// <summary>Each change is told, with the next version, and no other.</summary>
    private static async Task AssertTellsAsync<T>(IAsyncEnumerable<SharedChange<T>> watch, Action change, params (SharedChangeKind, T?)[] expected)
    {
        await using IAsyncEnumerator<SharedChange<T>> changes = await BeginAsync(watch);
        long version = changes.Current.Version;
        change();
        foreach (var (kind, key) in expected)
        {
            Assert.True(await changes.MoveNextAsync());
            Assert.Equal(new SharedChange<T>(++version, kind, key), changes.Current);
        }
    }
}
