using System.Security.Authentication;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class ManagerTests
{
    private static readonly AuthenticationKey s_key = AuthenticationKey.FromText("the key of the tests");

    public static bool IsWindows => OperatingSystem.IsWindows();

    [Fact(Timeout = 60_000)]
    public async Task The_server_is_a_worker_that_ends_with_the_manager()
    {
        WorkerProcess worker;
        await using (Manager manager = await Manager.StartAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            worker = manager.Worker!;
            Assert.True(worker.IsAlive);
            Assert.True(worker.IsDaemon);
            Assert.StartsWith("Manager-", worker.Name, StringComparison.Ordinal);
        }

        Assert.Equal(0, worker.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task After_a_shutdown_every_call_ends_with_the_reason_and_waiting_ones_at_once()
    {
        Manager manager = Manager.Start();
        SharedList<int> list = manager.CreateList([1]);
        SharedQueue<int> queue = manager.CreateQueue<int>();
        using Manager other = Manager.Connect(manager.Address, manager.Key);
        Task<int> waiting = queue.GetAsync(cancellationToken: TestContext.Current.CancellationToken);
        Task<int> blocked = Task.Run(() => queue.Get(), TestContext.Current.CancellationToken);
        await WaitUntilWaitingAsync(manager, 2);
        manager.Dispose();
        ManagerDisconnectedException error = await Assert.ThrowsAsync<ManagerDisconnectedException>(() => waiting);
        Assert.Contains("shut down", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ManagerDisconnectedException>(() => blocked);
        Assert.Throws<ManagerDisconnectedException>(() => list[0]);
        Assert.Throws<ObjectDisposedException>(() => manager.CreateList<int>());
        list.Dispose();
        queue.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task When_the_server_is_killed_every_caller_is_told_at_once()
    {
        using Manager manager = Manager.Start();
        using SharedEvent gate = manager.CreateEvent();
        Task<bool> waiting = gate.WaitAsync(cancellationToken: TestContext.Current.CancellationToken);
        Task<bool> blocked = Task.Run(() => gate.Wait(), TestContext.Current.CancellationToken);
        await WaitUntilWaitingAsync(manager, 2);
        manager.Worker!.Kill();
        ManagerDisconnectedException error = await Assert.ThrowsAsync<ManagerDisconnectedException>(() => waiting);
        Assert.Contains("killed", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ManagerDisconnectedException>(() => blocked);
        Assert.Throws<ManagerDisconnectedException>(() => gate.IsSet);
    }

    [Fact(Timeout = 60_000)]
    public void A_manager_restarts_on_the_same_port_at_once()
    {
        ConnectionAddress address = ConnectionAddress.Tcp("127.0.0.1");
        for (int round = 0; round < 3; round++)
        {
            using Manager manager = Manager.Start(new ManagerOptions { Address = address, Key = s_key });
            address = manager.Address;
            using SharedQueue<int> queue = manager.CreateQueue<int>();
            queue.Put(round);
            Assert.Equal(round, queue.Get());
        }
    }

    [Fact(Timeout = 60_000)]
    public void An_address_that_is_in_use_is_told_by_the_start()
    {
        using Manager manager = Manager.Start(new ManagerOptions { Address = ConnectionAddress.Tcp("127.0.0.1"), Key = s_key });
        IOException error = Assert.Throws<IOException>(() => Manager.Start(new ManagerOptions { Address = manager.Address, Key = s_key }));
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public void A_wrong_key_is_an_authentication_error_and_nobody_there_a_disconnect()
    {
        ConnectionAddress address;
        using (Manager manager = Manager.Start(new ManagerOptions { Address = ConnectionAddress.Tcp("127.0.0.1"), Key = s_key }))
        {
            address = manager.Address;
            Assert.Throws<AuthenticationException>(() => Manager.Connect(address, AuthenticationKey.CreateRandom()));
            using Manager other = Manager.Connect(address, s_key);
            Assert.Single(other.Inspect().Clients);
        }

        Assert.Throws<ManagerDisconnectedException>(() => Manager.Connect(address, s_key));
    }

    [Fact(Timeout = 60_000)]
    public void The_initializer_runs_in_the_server_and_its_failure_is_the_starts()
    {
        string mark = Guid.NewGuid().ToString("N");
        var options = new ManagerOptions
        {
            Initializer = () => Environment.SetEnvironmentVariable("IPCDEMOS_TEST_MARK", mark),
            Types = static types => types.Register<IEnvironment>(() => new ServerEnvironment()),
        };
        using (Manager manager = Manager.Start(options))
        using (SharedObject<IEnvironment> server = manager.CreateObject<IEnvironment>())
        {
            Assert.Equal(mark, server.Proxy.Read("IPCDEMOS_TEST_MARK"));
            Assert.Null(Environment.GetEnvironmentVariable("IPCDEMOS_TEST_MARK"));
        }

        RemoteException error = Assert.Throws<RemoteException>(() => Manager.Start(new ManagerOptions
        {
            Initializer = static () => throw new InvalidOperationException("not today"),
        }));
        Assert.Equal("not today", error.Error.Message);
    }

    [Fact(Timeout = 60_000)]
    public void Published_objects_are_opened_by_name_and_type()
    {
        using Manager manager = Manager.Start();
        using (SharedList<int> list = manager.CreateList([1, 2]))
        {
            manager.Publish("numbers", list);
            Assert.Throws<InvalidOperationException>(() => manager.Publish("numbers", list));
        }

        using (SharedList<int> list = manager.OpenList<int>("numbers"))
        {
            Assert.Equal([1, 2], list);
        }

        Assert.Throws<InvalidOperationException>(() => manager.OpenSet<int>("numbers"));
        Assert.Throws<KeyNotFoundException>(() => manager.OpenList<int>("letters"));
        Assert.True(manager.Withdraw("numbers"));
        Assert.False(manager.Withdraw("numbers"));
        Assert.Empty(manager.Inspect().Objects);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_proxy_that_is_sent_keeps_its_object_without_the_senders_help()
    {
        using Manager manager = Manager.Start();
        (Connection here, Connection there) = Pipe.Create();
        using (here)
        using (WorkerProcess worker = WorkerProcess.Create(
            static (Connection connection) =>
            {
                using SharedList<string> list = connection.Receive<SharedList<string>>();
                list.Add($"from {Environment.ProcessId}");
                connection.Send(list.Count);
            },
            there))
        {
            worker.Start();
            using (SharedList<string> list = manager.CreateList(["first"]))
            {
                here.Send(list);
            }

            Assert.Equal(2, await here.ReceiveAsync<int>(TestContext.Current.CancellationToken));
            await worker.JoinAsync(TestContext.Current.CancellationToken);
        }

        await Eventually.HoldsAsync(() => manager.Inspect().Objects.Count == 0);
    }

    [Fact(Timeout = 60_000)]
    public void A_proxy_is_not_sent_to_strangers_and_a_public_manager_shares_nothing_by_reference()
    {
        using Manager manager = Manager.Start();
        using SharedList<int> list = manager.CreateList<int>();
        using var listener = new ConnectionListener();
        using Connection stranger = Connection.Connect(listener.Address);
        Assert.ThrowsAny<MessagePack.MessagePackSerializationException>(() => stranger.Send(list));

        using Manager open = Manager.Start(new ManagerOptions { Address = ConnectionAddress.Tcp("127.0.0.1"), Key = s_key });
        using SharedQueue<Connection> connections = open.CreateQueue<Connection>();
        (Connection first, Connection second) = Pipe.Create();
        using (first)
        using (second)
        {
            Assert.ThrowsAny<MessagePack.MessagePackSerializationException>(() => connections.Put(second));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_killed_client_referred_to_and_held_is_given_back()
    {
        using Manager manager = Manager.Start();
        using SharedLock mutex = manager.CreateLock();
        using SharedSemaphore semaphore = manager.CreateSemaphore(2, 2);
        using SharedEvent ready = manager.CreateEvent();
        using WorkerProcess worker = WorkerProcess.Create(
            static (SharedLock mutex, SharedSemaphore semaphore, SharedEvent ready, string address, byte[] key) =>
            {
                using Manager own = Manager.Connect(ConnectionAddress.Parse(address), AuthenticationKey.FromBytes(key));
                using SharedList<int> list = own.CreateList<int>();
                _ = mutex.Acquire();
                _ = semaphore.Acquire();
                ready.Set();
                _ = own.CreateEvent().Wait();
            },
            mutex,
            semaphore,
            ready,
            manager.Address.ToString(),
            manager.Key.Bytes.ToArray());
        worker.Start();
        Assert.True(ready.Wait());
        Assert.Equal(1, semaphore.CurrentCount);
        Assert.False(mutex.Acquire(TimeSpan.Zero));
        Assert.Throws<SynchronizationLockException>(mutex.Release);
        Assert.Equal(5, manager.Inspect().Objects.Count);
        worker.Kill();
        Shared.Synchronization.LockResult result = mutex.Acquire();
        Assert.True(result.IsAcquired);
        Assert.Equal(worker.ProcessId, result.Abandonment!.ProcessId);
        Assert.True(semaphore.Acquire() && semaphore.Acquire());
        await Eventually.HoldsAsync(() => manager.Inspect() is { Objects.Count: 3, Clients.Count: 1 });
    }

    [Fact(Timeout = 180_000)]
    public async Task Clients_killed_at_random_leave_nothing_behind()
    {
        using Manager manager = Manager.Start();
        using SharedDictionary<string, int> counts = manager.CreateDictionary<string, int>();
        using SharedLock mutex = manager.CreateLock();
        var random = new Random(1);
        for (int round = 0; round < Wine.Times(12); round++)
        {
            using WorkerProcess worker = WorkerProcess.Create(
                static (SharedDictionary<string, int> counts, SharedLock mutex, string address, byte[] key) =>
                {
                    using Manager own = Manager.Connect(ConnectionAddress.Parse(address), AuthenticationKey.FromBytes(key));
                    while (true)
                    {
                        SharedList<int> list = own.CreateList([1, 2, 3]);
                        using (mutex.Hold())
                        {
                            _ = counts.Increment("calls", 1);
                        }

                        _ = own.CreateQueue<int>(1).PutAsync(1);
                        list.Add(4);
                    }
                },
                counts,
                mutex,
                manager.Address.ToString(),
                manager.Key.Bytes.ToArray());
            worker.Start();
            int before = counts.TryGetValue("calls", out int calls) ? calls : 0;
            int wanted = before + random.Next(1, 40);
            await Eventually.HoldsAsync(() => counts.TryGetValue("calls", out int now) && now >= wanted);
            worker.Kill();
            using (mutex.Hold())
            {
                _ = counts.Increment("calls", 1);
            }
        }

        await Eventually.HoldsAsync(() => manager.Inspect() is { Objects.Count: 2, Clients.Count: 1 });
    }

    [Fact(Timeout = 60_000, Skip = "Signals are Unix's", SkipWhen = nameof(IsWindows))]
    public void A_client_that_is_stopped_holds_up_nobody_else()
    {
        using Manager manager = Manager.Start();
        using SharedQueue<byte[]> queue = manager.CreateQueue<byte[]>();
        using SharedEvent ready = manager.CreateEvent();
        using WorkerProcess worker = WorkerProcess.Create(
            static (SharedQueue<byte[]> queue, SharedEvent ready) =>
            {
                for (int call = 0; call < 100; call++)
                {
                    _ = queue.GetAsync();
                }

                ready.Set();
                using var never = new ManualResetEvent(false);
                _ = never.WaitOne();
            },
            queue,
            ready);
        worker.Start();
        Assert.True(ready.Wait());
        UnixSignal.Send(worker.ProcessId!.Value, UnixSignal.Stop);
        byte[] large = new byte[100_000];
        for (int item = 0; item < 100; item++)
        {
            queue.Put(large);
        }

        queue.Put([1]);
        queue.Put([2]);
        Assert.Equal([1], queue.Get());
        Assert.Equal([2], queue.Get());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_encrypted_manager_is_reached_with_its_certificates_fingerprint_only()
    {
        Wine.SkipHere("it cannot make certificates.");
        using var certificate = TestCertificate.Create();
        using Manager manager = Manager.Start(new ManagerOptions
        {
            Address = ConnectionAddress.Tls("127.0.0.1"),
            Key = s_key,
            Certificate = certificate,
        });
        Assert.StartsWith("tls://127.0.0.1:", manager.Address.ToString(), StringComparison.Ordinal);
        using SharedList<int> list = manager.CreateList([1]);
        using WorkerProcess worker = WorkerProcess.Create(static (SharedList<int> shared) => shared.Add(2), list);
        worker.Start();
        await worker.JoinAsync(TestContext.Current.CancellationToken);
        Assert.Equal([1, 2], list);
        ConnectionAddress wrong = ConnectionAddress.Tls("127.0.0.1", manager.Address.Port, new string('0', 64));
        Assert.Throws<AuthenticationException>(() => Manager.Connect(wrong, s_key));
    }

    internal static Task WaitUntilWaitingAsync(Manager manager, int count) =>
        Eventually.HoldsAsync(() => manager.Inspect().Clients.Sum(client => client.WaitingCalls) >= count);

    private interface IEnvironment
    {
        string? Read(string name);
    }

    private sealed class ServerEnvironment : IEnvironment
    {
        public string? Read(string name) => Environment.GetEnvironmentVariable(name);
    }
}
