using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Pools;

namespace IpcDemos.Shared.Tests.Managers;

/// <summary>What blocks has an awaitable twin that does the same.</summary>
public sealed class ManagerAsyncTests(ManagerFixture fixture) : IClassFixture<ManagerFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private Manager Manager => fixture.Manager;

    [Fact(Timeout = 60_000)]
    public async Task Objects_are_created_named_and_found_without_blocking()
    {
        using SharedList<int> list = await Manager.CreateListAsync([1], Stop);
        using SharedDictionary<string, int> dictionary = await Manager.CreateDictionaryAsync<string, int>([new("a", 1)], Stop);
        using SharedSet<int> set = await Manager.CreateSetAsync([1], Stop);
        using SharedNamespace names = await Manager.CreateNamespaceAsync([new("x", 1)], Stop);
        using SharedVariable<int> variable = await Manager.CreateVariableAsync(1, Stop);
        using SharedVector<int> vector = await Manager.CreateVectorAsync([1, 2], Stop);
        using SharedQueue<int> queue = await Manager.CreateQueueAsync<int>(1, Stop);
        using SharedLock mutex = await Manager.CreateLockAsync(Stop);
        using SharedRecursiveLock recursive = await Manager.CreateRecursiveLockAsync(Stop);
        using SharedSemaphore semaphore = await Manager.CreateSemaphoreAsync(2, 3, Stop);
        using SharedEvent flag = await Manager.CreateEventAsync(isSet: true, Stop);
        using SharedCondition own = await Manager.CreateConditionAsync(Stop);
        using SharedCondition shared = await Manager.CreateConditionAsync(mutex, Stop);
        using SharedCondition sharedRecursive = await Manager.CreateConditionAsync(recursive, Stop);
        using SharedBarrier barrier = await Manager.CreateBarrierAsync(3, Stop);
        using SharedPool pool = await Manager.CreatePoolAsync(new ProcessPoolOptions { WorkerCount = 1 }, Stop);
        Assert.Equal((1, 1, 1, 1, 1, 2), (list[0], dictionary["a"], set.Count, names.Get<int>("x"), variable.Value, vector[1]));
        Assert.Equal((2, true, 3), (semaphore.CurrentCount, flag.IsSet, barrier.ParticipantCount));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Manager.CreateQueueAsync<int>(-1, Stop));
        await Assert.ThrowsAsync<MissingMethodException>(() => Manager.CreateObjectAsync<IAccount>([100], Stop));

        ManagerProxy[] all = [list, dictionary, set, names, variable, vector, queue, mutex, recursive, semaphore, flag, own, barrier, pool];
        await Task.WhenAll(all.Select((proxy, index) => Manager.PublishAsync($"async-{index}", proxy, Stop)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Manager.PublishAsync("async-0", list, Stop));
        ManagerProxy[] opened =
        [
            await Manager.OpenListAsync<int>("async-0", Stop),
            await Manager.OpenDictionaryAsync<string, int>("async-1", Stop),
            await Manager.OpenSetAsync<int>("async-2", Stop),
            await Manager.OpenNamespaceAsync("async-3", Stop),
            await Manager.OpenVariableAsync<int>("async-4", Stop),
            await Manager.OpenVectorAsync<int>("async-5", Stop),
            await Manager.OpenQueueAsync<int>("async-6", Stop),
            await Manager.OpenLockAsync("async-7", Stop),
            await Manager.OpenRecursiveLockAsync("async-8", Stop),
            await Manager.OpenSemaphoreAsync("async-9", Stop),
            await Manager.OpenEventAsync("async-10", Stop),
            await Manager.OpenConditionAsync("async-11", Stop),
            await Manager.OpenBarrierAsync("async-12", Stop),
            await Manager.OpenPoolAsync("async-13", Stop),
        ];
        Assert.Equal(all, opened);
        Array.ForEach(opened, proxy => proxy.Dispose());
        await Assert.ThrowsAsync<InvalidOperationException>(() => Manager.OpenSetAsync<int>("async-0", Stop));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Manager.OpenObjectAsync<IAccount>("async-0", Stop));
        bool[] withdrawn = await Task.WhenAll(all.Select((_, index) => Manager.WithdrawAsync($"async-{index}", Stop)));
        Assert.DoesNotContain(false, withdrawn);
        await Assert.ThrowsAsync<KeyNotFoundException>(() => Manager.OpenListAsync<int>("async-0", Stop));
    }

    [Fact(Timeout = 60_000)]
    public async Task Lists_and_arrays_are_changed_without_blocking()
    {
        using SharedList<int> list = Manager.CreateList([1, 2, 3, 4]);
        Assert.Equal(4, await list.CountAsync(Stop));
        Assert.Equal(2, await list.IndexOfAsync(3, Stop));
        Assert.Equal([2, 3], await list.GetRangeAsync(1, 2, Stop));
        Assert.Equal(4, await list.PopAsync(^1, Stop));
        Assert.Equal(1, await list.ExchangeAsync(0, 9, Stop));
        Assert.False(await list.CompareExchangeAsync(0, 1, 5, Stop));
        Assert.True(await list.CompareExchangeAsync(0, 9, 5, Stop));
        await list.TransformAsync(values => values.Select(value => value * 10), Stop);
        await list.RemoveRangeAsync(1, 1, Stop);
        Assert.Equal([50, 30], list);
        await list.SortAsync(cancellationToken: Stop);
        Assert.Equal([30, 50], list);
        await list.ReverseAsync(Stop);
        Assert.Equal([50, 30], list);
        Assert.Equal(1, await list.CountOfAsync(30, Stop));
        Assert.True(await list.ContainsAsync(30, Stop));
        await list.ClearAsync(Stop);
        Assert.Empty(list);

        using SharedVector<int> vector = Manager.CreateVector([1, 2, 3]);
        await vector.SetAsync(0, 7, Stop);
        Assert.Equal(7, await vector.GetAsync(0, Stop));
        Assert.Equal(7, await vector.ExchangeAsync(0, 8, Stop));
        Assert.True(await vector.CompareExchangeAsync(0, 8, 9, Stop));
        Assert.Equal(12, await vector.IncrementAsync(1, 10, Stop));
        Assert.Equal([12, 3], await vector.GetRangeAsync(1, 5, Stop));
        int[] all = await vector.ToArrayAsync(Stop);
        Assert.Equal([9, 12, 3], all);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => vector.GetAsync(3, Stop));
    }

    [Fact(Timeout = 60_000)]
    public async Task Dictionaries_namespaces_and_sets_are_changed_without_blocking()
    {
        using SharedDictionary<string, int> dictionary = Manager.CreateDictionary<string, int>();
        Assert.True(await dictionary.TryAddAsync("a", 1, Stop));
        Assert.False(await dictionary.TryAddAsync("a", 2, Stop));
        Assert.Equal(1, await dictionary.GetOrAddAsync("a", 3, Stop));
        Assert.Equal((true, 1), await dictionary.TryGetValueAsync("a", Stop));
        Assert.Equal((false, 0), await dictionary.TryGetValueAsync("b", Stop));
        Assert.True(await dictionary.ContainsKeyAsync("a", Stop));
        Assert.True(await dictionary.CompareExchangeAsync("a", 1, 5, Stop));
        Assert.Equal(1, await dictionary.CountAsync(Stop));
        Assert.Equal(new("a", 5), await dictionary.PopAnyAsync(Stop));
        await dictionary.SetAsync("c", 7, Stop);
        Assert.Equal((true, 7), await dictionary.TryRemoveAsync("c", Stop));
        Assert.Equal((false, 0), await dictionary.TryRemoveAsync("c", Stop));
        await dictionary.ClearAsync(Stop);

        using SharedNamespace names = Manager.CreateNamespace();
        await names.SetManyAsync(new Dictionary<string, object?> { ["x"] = 1, ["y"] = 2 }, Stop);
        Assert.Equal((true, 1), await names.TryGetAsync<int>("x", Stop));
        Assert.False((await names.TryGetAsync<int>("z", Stop)).IsFound);
        Assert.Equal(2, (await names.GetManyAsync<int>(["x", "y", "z"], Stop)).Count);
        Assert.True(await names.CompareExchangeAsync("x", 1, 3, Stop));
        Assert.True(await names.RemoveAsync("y", Stop));
        Assert.False(await names.ContainsAsync("y", Stop));
        Assert.Equal(3, (await names.ToDictionaryAsync<int>(Stop))["x"]);

        using SharedSet<int> set = Manager.CreateSet([1, 2, 3]);
        Assert.Equal(1, await set.UnionWithAsync([3, 4], Stop));
        Assert.Equal(1, await set.ExceptWithAsync([1, 9], Stop));
        Assert.Equal(1, await set.IntersectWithAsync([2, 3], Stop));
        Assert.True(await set.RemoveAsync(2, Stop));
        Assert.False(await set.ContainsAsync(2, Stop));
        Assert.Equal(1, await set.CountAsync(Stop));
        Assert.Equal([3], await set.ToListAsync(Stop));
        await set.ClearAsync(Stop);
        Assert.Empty(set);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_processes_wait_for_is_given_without_blocking()
    {
        using SharedVariable<int> variable = Manager.CreateVariable(1);
        Assert.Equal(1, await variable.ExchangeAsync(2, Stop));
        Assert.True(await variable.CompareExchangeAsync(2, 3, Stop));

        using SharedEvent flag = Manager.CreateEvent();
        Task<bool> waiting = flag.WaitAsync(cancellationToken: Stop);
        await flag.SetAsync(Stop);
        Assert.True(await waiting);
        await flag.ResetAsync(Stop);
        Assert.False(flag.IsSet);

        using SharedLock mutex = Manager.CreateLock();
        Assert.True((await mutex.AcquireAsync(cancellationToken: Stop)).IsAcquired);
        await mutex.ReleaseAsync(Stop);
        Assert.False(mutex.IsHeld);
        await Assert.ThrowsAsync<SynchronizationLockException>(() => mutex.ReleaseAsync(Stop));

        using SharedSemaphore semaphore = Manager.CreateSemaphore(0, 2);
        Assert.Equal(0, await semaphore.ReleaseAsync(2, Stop));
        await using (await semaphore.HoldAsync(cancellationToken: Stop))
        {
            Assert.Equal(1, semaphore.CurrentCount);
        }

        await Assert.ThrowsAsync<SemaphoreFullException>(() => semaphore.ReleaseAsync(cancellationToken: Stop));

        using SharedQueue<int> queue = Manager.CreateQueue<int>();
        await queue.PutAsync(1, cancellationToken: Stop);
        Assert.Equal(1, await queue.CountAsync(Stop));
        Assert.Equal(1, await queue.GetAsync(cancellationToken: Stop));
        await queue.TaskDoneAsync(Stop);
        Assert.True(await queue.JoinAsync(cancellationToken: Stop));
        await queue.CompleteAsync(Stop);
        await Assert.ThrowsAsync<Shared.Channels.QueueCompletedException>(() => queue.GetAsync(cancellationToken: Stop));

        using SharedBarrier barrier = Manager.CreateBarrier(2);
        await barrier.AbortAsync(Stop);
        Assert.True(barrier.IsBroken);
        await barrier.ResetAsync(Stop);
        Assert.False(barrier.IsBroken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_creation_that_is_cancelled_before_it_begins_leaves_nothing_behind()
    {
        int before = Manager.Inspect().Objects.Count;
        try
        {
            (await Manager.CreateListAsync([1], new CancellationToken(canceled: true))).Dispose();
        }
        catch (OperationCanceledException)
        {
            // Either is right; what counts is that nothing stays.
        }

        await Support.Eventually.HoldsAsync(() => Manager.Inspect().Objects.Count == before);
    }
}
