using System.Diagnostics;
using System.Runtime.CompilerServices;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Managers.Hosting;
using IpcDemos.Shared.Tests.Support;
using MessagePack;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class ManagerHostingTests
{
    private static readonly AuthenticationKey s_key = AuthenticationKey.FromText("key");

    public interface IThing
    {
        int Use();

        Task<int> UseLaterAsync();
    }

    public interface IMaker
    {
        IThing Make();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_disposal_that_throws_keeps_nothing_else_from_being_released()
    {
        using ManagerServer server = Serve(static types => types.Register<IThing>(static () => new Thing(static () => throw new InvalidTimeZoneException())));
        using (Connection client = ManagerProtocolTests.Greet(server.Address))
        {
            for (uint id = 1; id < 10; id += 2)
            {
                Assert.Equal(-1, ManagerProtocolTests.Call(client, id, 0, "create", typeof(IThing).FullName!).Failure);
                Assert.Equal(-1, ManagerProtocolTests.Call(client, id + 1, 0, "create", "list", Array.Empty<object>()).Failure);
            }
        }

        await Eventually.HoldsAsync(() => server.Inspect() is { Objects.Count: 0, Clients.Count: 0 });
    }

    [Fact(Timeout = 60_000)]
    public async Task An_instance_that_is_given_out_twice_is_one_object_and_goes_with_its_last_reference()
    {
        bool isDisposed = false;
        var one = new Thing(() => isDisposed = true);
        using ManagerServer server = Serve(types => types.Register<IThing>(() => one));
        using Manager manager = Manager.Connect(server.Address, s_key);
        SharedObject<IThing> first = manager.CreateObject<IThing>();
        using (SharedObject<IThing> second = manager.CreateObject<IThing>())
        {
            Assert.Equal(first, second);
            first.Dispose();
            Assert.Equal(1, second.Proxy.Use());
            Assert.Single(manager.Inspect().Objects);
            Assert.False(isDisposed);
        }

        await Eventually.HoldsAsync(() => Volatile.Read(ref isDisposed));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_result_for_a_client_that_is_gone_is_disposed_of()
    {
        CancellationToken cancellation = Cancellation;
        using var gate = new ManualResetEventSlim();
        bool isDisposed = false;
        using ManagerServer server = Serve(types => types
            .Register<IThing>()
            .Register<IMaker>(() => new Maker(() =>
            {
                gate.Wait(cancellation);
                return new Thing(() => isDisposed = true);
            })));
        using (Connection client = ManagerProtocolTests.Greet(server.Address))
        {
            ulong maker = ManagerProtocolTests.Call(client, 1, 0, "create", typeof(IMaker).FullName!).Reference;
            client.SendBytes(MessagePackSerializer.Serialize<object[]>([2, maker, nameof(IMaker.Make), Array.Empty<object>()], cancellationToken: Cancellation));
            await Eventually.HoldsAsync(() => server.Inspect().Clients is [{ WaitingCalls: 1 }]);
        }

        await Eventually.HoldsAsync(() => server.Inspect().Clients.Count == 0);
        gate.Set();
        await Eventually.HoldsAsync(() => Volatile.Read(ref isDisposed) && server.Inspect().Objects.Count == 0);
    }

    [Fact(Timeout = 120_000)]
    public async Task Methods_that_block_hold_up_no_others()
    {
        const int blocked = 60;
        CancellationToken cancellation = Cancellation;
        using var gate = new ManualResetEventSlim();
        using ManagerServer server = Serve(types => types.Register<IThing>(() => new Thing(static () => { }, () => gate.Wait(cancellation))));
        using Manager manager = Manager.Connect(server.Address, s_key);
        using SharedObject<IThing> thing = manager.CreateObject<IThing>();
        Thread[] threads = [.. Enumerable.Range(0, blocked).Select(_ => new Thread(() => thing.Proxy.Use()))];
        Array.ForEach(threads, thread => thread.Start());
        await Eventually.HoldsAsync(() => server.Inspect().Clients.Sum(client => client.WaitingCalls) == blocked);

        // The pool gets a thread or two per second when all of its own are blocked.
        long start = Stopwatch.GetTimestamp();
        Assert.Equal(2, await thing.Proxy.UseLaterAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 10);
        gate.Set();
        Array.ForEach(threads, thread => thread.Join());
    }

    [Fact(Timeout = 60_000)]
    public void An_object_whose_text_throws_keeps_nothing_else_from_being_seen()
    {
        using ManagerServer server = Serve(static types => types.Register<IThing>(static () => new Untold()));
        using Manager manager = Manager.Connect(server.Address, s_key);
        using SharedObject<IThing> thing = manager.CreateObject<IThing>();
        using SharedList<int> list = manager.CreateList([1]);
        Assert.Contains(manager.Inspect().Objects, each => each.Text == "list of 1");
        Assert.Contains(manager.Inspect().Objects, each => each.Text.Contains("not today", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public void The_text_of_a_namespace_holds_nothing_that_it_names()
    {
        using ManagerServer server = Serve(null);
        using Manager manager = Manager.Connect(server.Address, s_key);
        using SharedNamespace names = manager.CreateNamespace();
        using (SharedList<int> list = manager.CreateList<int>())
        {
            names.Set("list", list);
            Assert.Equal("Namespace(list = <shared object>)", names.ToString());
        }

        Assert.True(names.Remove("list"));
        Assert.Single(manager.Inspect().Objects);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_acquired_and_released_takes_no_memory_when_it_is_gone()
    {
        using ManagerServer server = Serve(null);
        using Manager manager = Manager.Connect(server.Address, s_key);
        WeakReference[] gone = AcquireAndRelease(server, manager);
        await Eventually.HoldsAsync(() =>
        {
            _ = manager.Inspect();
            GC.Collect();
            return gone.All(each => !each.IsAlive);
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task A_proxy_that_nobody_keeps_lives_as_long_as_a_call_waits_in_its_object()
    {
        using ManagerServer server = Serve(null);
        using Manager manager = Manager.Connect(server.Address, s_key);
        Task<bool> waiting = Wait(manager);
        for (int round = 0; round < 3; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.Single(manager.Inspect().Objects);
        }

        HostedObject hosted = server.Objects.List().Objects[0];
        using (Connection client = ManagerProtocolTests.Greet(server.Address))
        {
            Assert.Equal(-2, Answer(client, hosted.Number, "set"));
        }

        Assert.True(await waiting);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watcher_that_fell_behind_is_told_so_although_nothing_else_changes()
    {
        using var server = new ManagerServer(new ManagerOptions { Key = s_key, MaximumUnreadLength = 100_000 });
        using Manager manager = Manager.Connect(server.Address, s_key);
        using SharedDictionary<string, int> dictionary = manager.CreateDictionary<string, int>();
        manager.Publish("watched", dictionary);
        using Connection watcher = ManagerProtocolTests.Greet(server.Address);
        watcher.SendBytes(MessagePackSerializer.Serialize<object[]>(
            [1, server.Objects.Find("watched").Number, "watch", Array.Empty<object>()], cancellationToken: Cancellation));
        await Eventually.HoldsAsync(() => server.Inspect().Clients.Any(client => client.WaitingCalls == 1));
        string suffix = new('x', 10_000);
        for (int key = 0; key < 300; key++)
        {
            dictionary[key + suffix] = key;
        }

        int kind;
        do
        {
            kind = LastKind(await watcher.ReceiveBytesAsync(cancellationToken: Cancellation));
        }
        while (kind != (int)SharedChangeKind.Missed);
    }

    [Fact(Timeout = 60_000)]
    public async Task More_calls_than_may_wait_fail_and_the_others_go_on()
    {
        using var server = new ManagerServer(new ManagerOptions { Key = s_key, MaximumWaitingCalls = 10 });
        using Manager manager = Manager.Connect(server.Address, s_key);
        using SharedEvent gate = manager.CreateEvent();
        Task<bool>[] waiting = [.. Enumerable.Range(0, 10).Select(_ => gate.WaitAsync(cancellationToken: Cancellation))];
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => gate.WaitAsync(cancellationToken: Cancellation));
        Assert.Contains("10 calls", error.Message, StringComparison.Ordinal);
        gate.Set();
        Assert.All(await Task.WhenAll(waiting), Assert.True);
    }

    [Fact(Timeout = 60_000)]
    public void More_values_than_a_call_may_keep_are_refused()
    {
        const int tooMany = (4 * 1024 * 1024) + 1;
        using ManagerServer server = Serve(null);
        using Connection client = ManagerProtocolTests.Greet(server.Address);
        byte[] head = MessagePackSerializer.Serialize<object[]>([1, 0, "create", Array.Empty<object>()], cancellationToken: Cancellation);
        client.SendBytes([.. head[..^1], 0x92, 0xa4, .. "list"u8, 0xdd, 0x00, 0x40, 0x00, 0x01, .. new byte[tooMany]]);
        var reader = new MessagePackReader(client.ReceiveBytes());
        _ = reader.ReadArrayHeader();
        Assert.Equal(1, reader.ReadInt32());
        Assert.Equal(1, reader.ReadInt32());
        Assert.Empty(server.Inspect().Objects);
    }

    [Fact(Timeout = 60_000)]
    public async Task Those_who_wait_at_a_barrier_that_is_given_up_are_told_that_it_is_gone()
    {
        using ManagerServer server = Serve(null);
        using Manager manager = Manager.Connect(server.Address, s_key);
        SharedBarrier barrier = manager.CreateBarrier(3);
        Task<int>[] waiting = [barrier.WaitAsync(cancellationToken: Cancellation), barrier.WaitAsync(cancellationToken: Cancellation)];
        await ManagerTests.WaitUntilWaitingAsync(manager, 2);
        barrier.Dispose();
        foreach (Task<int> each in waiting)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => each);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_set_of_proxies_can_be_watched_and_its_watcher_holds_none_of_them()
    {
        using ManagerServer server = Serve(null);
        using Manager manager = Manager.Connect(server.Address, s_key);
        using SharedSet<SharedEvent> set = manager.CreateSet<SharedEvent>();
        await using IAsyncEnumerator<SharedChange<SharedEvent>> changes = set.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await changes.MoveNextAsync());
        using (SharedEvent element = manager.CreateEvent())
        {
            Assert.True(set.Add(element));
            Assert.True(await changes.MoveNextAsync());
            Assert.Equal(SharedChangeKind.Set, changes.Current.Kind);
            Assert.Null(changes.Current.Key);
            Assert.True(set.Remove(element));
        }

        Assert.Single(manager.Inspect().Objects);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_server_that_stops_waits_for_a_disposal_that_a_client_has_caused_by_leaving()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var gate = new ManualResetEventSlim();
        bool isDisposed = false;
        using ManagerServer server = Serve(types => types.Register<IThing>(() => new Thing(() =>
        {
            begun.SetResult();
            gate.Wait();
            Volatile.Write(ref isDisposed, true);
        })));
        using (Connection client = ManagerProtocolTests.Greet(server.Address))
        {
            Assert.Equal(-1, ManagerProtocolTests.Call(client, 1, 0, "create", typeof(IThing).FullName!).Failure);
        }

        await begun.Task.WaitAsync(Cancellation);
        Task stopping = server.StopAsync();
        bool isTooEarly = stopping.IsCompleted;
        gate.Set(); // before anything is asserted: the server is stopped once more at the end
        Assert.False(isTooEarly);
        await stopping;
        Assert.True(Volatile.Read(ref isDisposed));
    }

    private static ManagerServer Serve(Action<ManagerTypes>? types) => new(new ManagerOptions { Key = s_key, Types = types });

    // Not inlined, so that nothing on the stack keeps what it makes.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<bool> Wait(Manager manager) => manager.CreateEvent().WaitAsync(cancellationToken: Cancellation);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] AcquireAndRelease(ManagerServer server, Manager manager)
    {
        using SharedLock mutex = manager.CreateLock();
        using SharedSemaphore semaphore = manager.CreateSemaphore();
        using SharedLock held = manager.CreateLock();
        _ = mutex.Acquire();
        mutex.Release();
        _ = semaphore.Acquire();
        semaphore.Release();
        _ = held.Acquire();
        return [.. server.Objects.List().Objects.Select(each => new WeakReference(each))];
    }

    /// <summary>Calls and returns −2 for nil.</summary>
    private static int Answer(Connection client, ulong number, string method)
    {
        client.SendBytes(MessagePackSerializer.Serialize<object[]>([1, number, method, Array.Empty<object>()]));
        var reader = new MessagePackReader(client.ReceiveBytes());
        _ = reader.ReadArrayHeader();
        _ = reader.ReadInt32();
        return reader.ReadInt32() == 0 && reader.TryReadNil() ? -2 : 0;
    }

    private static int LastKind(byte[] frame)
    {
        var reader = new MessagePackReader(frame);
        int kind = -1;
        while (!reader.End)
        {
            _ = reader.ReadArrayHeader();
            _ = reader.ReadInt32();
            _ = reader.ReadInt32();
            _ = reader.ReadArrayHeader();
            _ = reader.ReadInt64();
            kind = reader.ReadInt32();
            reader.Skip();
        }

        return kind;
    }

    private sealed class Thing(Action onDispose, Action? onUse = null) : IThing, IDisposable
    {
        public int Use()
        {
            onUse?.Invoke();
            return 1;
        }

        public async Task<int> UseLaterAsync()
        {
            await Task.Yield();
            return 2;
        }

        public void Dispose() => onDispose();
    }

    private sealed class Maker(Func<IThing> make) : IMaker
    {
        public IThing Make() => make();
    }

    private sealed class Untold : IThing
    {
        public int Use() => 1;

        public Task<int> UseLaterAsync() => Task.FromResult(2);

        public override string ToString() => Refuse();

        private static string Refuse() => throw new InvalidTimeZoneException("not today");
    }
}
