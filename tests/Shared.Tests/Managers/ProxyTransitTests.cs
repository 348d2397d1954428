using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Managers.Hosting;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Pools;
using IpcDemos.Shared.Tests.Support;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class ProxyTransitTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_pools_task_that_was_given_a_proxy_runs_again_when_its_worker_dies()
    {
        await using Manager manager = await Manager.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        using SharedList<int> runs = manager.CreateList<int>();
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, Retries = 1 });

        int count = await pool.Submit(
            static (SharedList<int> runs) =>
            {
                runs.Add(Environment.ProcessId);
                return runs.Count == 1 ? PoolTasks.KillSelf() : runs.Count;
            },
            runs);

        Assert.Equal(2, count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_proxy_is_received_although_its_sender_has_ended()
    {
        using Manager manager = Manager.Start();
        (Connection here, Connection there) = Pipe.Create();
        using (here)
        using (WorkerProcess worker = WorkerProcess.Create(Send, manager.Address.ToString(), manager.Key.Bytes.ToArray(), there))
        {
            worker.Start();
            await worker.JoinAsync(TestContext.Current.CancellationToken);
            await Eventually.HoldsAsync(() => manager.Inspect().Clients.Count == 1);
            using SharedList<int> list = here.Receive<SharedList<int>>();
            Assert.Equal([1, 2], list);
        }

        await Eventually.HoldsAsync(() => manager.Inspect().Objects.Count == 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_proxy_in_a_message_that_does_not_leave_is_given_back()
    {
        using Manager manager = Manager.Start();
        (Connection here, Connection there) = Pipe.Create();
        there.Dispose();
        using (here)
        using (SharedList<int> list = manager.CreateList<int>())
        {
            Assert.Throws<ConnectionClosedException>(() => here.Send(list));
        }

        await Eventually.HoldsAsync(() => manager.Inspect().Objects.Count == 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_proxy_that_a_worker_was_to_receive_and_never_took_is_given_back()
    {
        using Manager manager = Manager.Start();
        using (SharedList<int> list = manager.CreateList<int>())
        using (WorkerProcess worker = WorkerProcess.Create(static (SharedList<int> list) => list.Add(1), list))
        {
            worker.Start();
            worker.Kill();
            await worker.JoinAsync(TestContext.Current.CancellationToken);
        }

        await Eventually.HoldsAsync(() => manager.Inspect().Objects.Count == 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_proxy_that_nobody_ever_receives_is_given_back_in_time()
    {
        using Manager manager = Manager.Start(new ManagerOptions { TransitLifetime = TimeSpan.FromMilliseconds(50) });
        (Connection here, Connection there) = Pipe.Create();
        using (here)
        using (there)
        {
            using (SharedList<int> list = manager.CreateList<int>())
            {
                here.Send(list);
            }

            await Eventually.HoldsAsync(() => manager.Inspect().Objects.Count == 0);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_proxy_in_a_queue_is_taken_although_its_sender_was_killed()
    {
        using Manager manager = Manager.Start();
        using var queue = new ProcessQueue<SharedList<int>>(10);
        using (WorkerProcess worker = WorkerProcess.Create(PutAndDie, manager.Address.ToString(), manager.Key.Bytes.ToArray(), queue))
        {
            worker.Start();
            await worker.JoinAsync(TestContext.Current.CancellationToken);
        }

        await Eventually.HoldsAsync(() => manager.Inspect().Clients.Count == 1);
        using (SharedList<int> list = queue.Get(cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.Equal([1, 2], list);
        }

        await Eventually.HoldsAsync(() => manager.Inspect().Objects.Count == 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_proxy_in_a_queue_that_is_disposed_of_is_given_back_in_time()
    {
        using Manager manager = Manager.Start(new ManagerOptions { TransitLifetime = TimeSpan.FromMilliseconds(50) });
        using (var queue = new ProcessQueue<SharedList<int>>(10))
        using (SharedList<int> list = manager.CreateList<int>())
        {
            queue.Put(list, cancellationToken: TestContext.Current.CancellationToken);
        }

        await Eventually.HoldsAsync(() => manager.Inspect().Objects.Count == 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_that_says_that_it_has_received_a_proxy_holds_the_object_already()
    {
        using Manager manager = Manager.Start();
        using SharedEvent first = manager.CreateEvent();
        using SharedList<int> list = manager.CreateList<int>();
        (Connection here, Connection there) = Pipe.Create();
        using (here)
        using (WorkerProcess worker = WorkerProcess.Create(ReceiveAndTell, first, there))
        {
            worker.Start();
            here.Send(list);
            Assert.True(here.Receive<bool>());
            Assert.Equal(2, manager.Inspect().Clients.Single(client => client.ProcessId == worker.ProcessId).ObjectCount);
            here.Send(true);
            await worker.JoinAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, worker.ExitCode);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_proxy_that_is_dropped_as_soon_as_it_is_received_keeps_nothing()
    {
        using Manager manager = Manager.Start();
        (Connection here, Connection there) = Pipe.Create();
        using (here)
        using (WorkerProcess worker = WorkerProcess.Create(ReceiveAndDrop, there))
        {
            worker.Start();
            using (SharedEvent first = manager.CreateEvent())
            using (SharedList<int> list = manager.CreateList<int>())
            {
                here.Send(first);
                Assert.True(here.Receive<bool>());
                here.Send(list);
            }

            await worker.JoinAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, worker.ExitCode);
        }

        await Eventually.HoldsAsync(() => manager.Inspect().Objects.Count == 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_proxy_that_is_passed_on_from_process_to_process_outlives_all_who_had_it_before()
    {
        using Manager manager = Manager.Start();
        var (first, second, third) = (Pipe.Create(), Pipe.Create(), Pipe.Create());
        using Connection here = first.First;
        using Connection end = third.Second;
        WorkerProcess[] relays =
        [
            WorkerProcess.Create(Relay, first.Second, second.First),
            WorkerProcess.Create(Relay, second.Second, third.First),
        ];
        Array.ForEach(relays, relay => relay.Start());
        using (SharedList<SharedEvent> list = manager.CreateList<SharedEvent>())
        using (SharedEvent inner = manager.CreateEvent())
        {
            list.Add(inner);
            here.Send(list);
        }

        await Task.WhenAll(relays.Select(relay => relay.JoinAsync(TestContext.Current.CancellationToken)));
        using (SharedList<SharedEvent> received = await end.ReceiveAsync<SharedList<SharedEvent>>(TestContext.Current.CancellationToken))
        using (SharedEvent inner = received[0])
        {
            Assert.False(inner.IsSet);
        }

        Array.ForEach(relays, relay => relay.Dispose());
        await Eventually.HoldsAsync(() => manager.Inspect().Objects.Count == 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_proxy_that_was_sent_in_vain_is_given_back_although_its_sender_uses_the_manager_no_more()
    {
        using var server = new ManagerServer();
        using (WorkerProcess worker = StartWithProxy(server))
        {
            await Eventually.HoldsAsync(() => server.Inspect() is { Objects.Count: 1, Clients.Count: 0 });
            worker.Kill();
            await worker.JoinAsync(TestContext.Current.CancellationToken);
        }

        await Eventually.HoldsAsync(() => server.Inspect() is { Objects.Count: 0, Clients.Count: 0 });

        static WorkerProcess StartWithProxy(ManagerServer server)
        {
            using Manager manager = Manager.Connect(server.Address, server.Key);
            using SharedList<int> list = manager.CreateList<int>();
            WorkerProcess worker = WorkerProcess.Create(static (Endless _, SharedList<int> list) => list.Add(1), new Endless(), list);
            worker.Start();
            return worker;
        }
    }

    [Fact]
    public void A_ticket_that_is_taken_up_before_it_is_offered_holds_nothing()
    {
        var objects = new ObjectTable();
        using var transit = new TransitTable(objects, Timeout.InfiniteTimeSpan, maximumLeft: 10);
        var hosted = new HostedEvent(isSet: false) { Number = ObjectTable.NewNumber() };
        Assert.Same(hosted, objects.AddLeased(hosted));
        objects.Lease(hosted);

        var (sender, receiver) = (new TransitTally(), new TransitTally());
        transit.TakeUp(1, receiver);
        Assert.Equal(1, receiver.Count);
        transit.Offer(1, hosted, sender);
        Assert.Equal(2, hosted.Leases);

        transit.Offer(2, hosted, sender);
        Assert.Equal(3, hosted.Leases);
        transit.TakeUp(2, receiver);
        transit.Revoke(2);
        Assert.Equal(2, hosted.Leases);

        transit.Offer(3, hosted, sender);
        Assert.Equal(1, sender.Count);
        transit.Revoke(3);
        Assert.Equal(2, hosted.Leases);
        Assert.Equal(0, sender.Count);
        Assert.Equal(0, receiver.Count);
    }

    private static void PutAndDie(string address, byte[] key, ProcessQueue<SharedList<int>> queue)
    {
        using Manager own = Manager.Connect(ConnectionAddress.Parse(address), AuthenticationKey.FromBytes(key));
        using SharedList<int> list = own.CreateList([1, 2]);
        queue.Put(list);
        System.Diagnostics.Process.GetCurrentProcess().Kill();
    }

    private static void Relay(Connection from, Connection to)
    {
        using SharedList<SharedEvent> list = from.Receive<SharedList<SharedEvent>>();
        to.Send(list);
    }

    // What these would leave to the thread pool happens too late, or never.
    private static void ReceiveAndTell(SharedEvent first, Connection connection)
    {
        using var busy = new BusyThreadPool();
        using SharedList<int> list = connection.Receive<SharedList<int>>();
        connection.Send(true);
        Assert.True(connection.Receive<bool>());
        Assert.False(first.IsSet);
    }

    private static void ReceiveAndDrop(Connection connection)
    {
        SharedEvent first = connection.Receive<SharedEvent>();
        connection.Send(true);
        using var busy = new BusyThreadPool();
        connection.Receive<SharedList<int>>().Dispose();
        first.Dispose();
    }

    private static void Send(string address, byte[] key, Connection connection)
    {
        using Manager own = Manager.Connect(ConnectionAddress.Parse(address), AuthenticationKey.FromBytes(key));
        using SharedList<int> list = own.CreateList([1, 2]);
        connection.Send(list);
    }

    /// <summary>Who reads one never comes to what follows.</summary>
    [MessagePackFormatter(typeof(Formatter))]
    public sealed class Endless
    {
        internal sealed class Formatter : IMessagePackFormatter<Endless?>
        {
            public void Serialize(ref MessagePackWriter writer, Endless? value, MessagePackSerializerOptions options) => writer.Write(0);

            public Endless? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
            {
                new ManualResetEvent(false).WaitOne();
                return null;
            }
        }
    }
}
