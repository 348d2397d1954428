using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Managers.Hosting;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Pools;
using IpcDemos.Shared.Tests.Support;

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

    [Fact]
    public void A_ticket_that_is_taken_up_before_it_is_offered_holds_nothing()
    {
        var objects = new ObjectTable();
        using var transit = new TransitTable(objects, Timeout.InfiniteTimeSpan);
        var hosted = new HostedEvent(isSet: false) { Number = ObjectTable.NewNumber() };
        Assert.Same(hosted, objects.AddLeased(hosted));
        objects.Lease(hosted);

        transit.TakeUp(1);
        transit.Offer(1, hosted);
        Assert.Equal(2, hosted.Leases);

        transit.Offer(2, hosted);
        Assert.Equal(3, hosted.Leases);
        transit.TakeUp(2);
        transit.Revoke(2);
        Assert.Equal(2, hosted.Leases);

        transit.Offer(3, hosted);
        transit.Revoke(3);
        Assert.Equal(2, hosted.Leases);
    }

    private static void Send(string address, byte[] key, Connection connection)
    {
        using Manager own = Manager.Connect(ConnectionAddress.Parse(address), AuthenticationKey.FromBytes(key));
        using SharedList<int> list = own.CreateList([1, 2]);
        connection.Send(list);
    }
}
