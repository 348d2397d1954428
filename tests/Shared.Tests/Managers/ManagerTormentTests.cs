using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;
using MessagePack;

namespace IpcDemos.Shared.Tests.Managers;

/// <summary>What one client does to the server is no affair of the others.</summary>
public sealed class ManagerTormentTests
{
    private static readonly AuthenticationKey s_key = AuthenticationKey.FromText("key");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_client_that_is_cut_off_gives_back_no_more_than_it_held()
    {
        const int maximum = 10;
        using var server = new ManagerServer(new ManagerOptions { Key = s_key, MaximumTransits = maximum });
        using Manager manager = Manager.Connect(server.Address, s_key);
        using SharedEvent shared = manager.CreateEvent();
        using SharedEvent mark = manager.CreateEvent();
        manager.Publish("mark", mark);
        using Connection client = ManagerGreeting.Greet(Connection.Connect(server.Address, s_key), server.Address).Connection;
        ulong own = ManagerProtocolTests.Call(client, 1, 0, "create", "event", false).Reference;

        // All in one frame: it is cut off in the middle of this.
        client.SendBytes([
            .. Request("take_up", shared.Number, 1ul),
            .. Enumerable.Range(2, maximum + 10_000).SelectMany(ticket => Request("offer", own, (ulong)ticket)),
            .. Request("release", shared.Number, 1),
            .. Request("withdraw", "mark"),
        ]);
        await Eventually.HoldsAsync(() => server.Inspect() is { Clients.Count: 1 } now && now.Objects.All(each => each.Name is null));
        Assert.False(shared.IsSet);

        static byte[] Request(string command, params object[] arguments) =>
            MessagePackSerializer.Serialize<object[]>([0u, 0, command, arguments]);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_server_stops_while_its_clients_give_references_back_and_each_is_told()
    {
        for (int round = 0; round < 30; round++)
        {
            using var server = new ManagerServer(new ManagerOptions { Key = s_key });
            Manager[] managers = [.. Enumerable.Range(0, 3).Select(_ => Manager.Connect(server.Address, s_key))];
            using var begun = new CountdownEvent(3);
            Task[] clients = [.. managers.Select(manager => Task.Factory.StartNew(
                () =>
                {
                    List<SharedEvent> events = [];
                    for (int call = 0; ; call++)
                    {
                        events.Add(manager.CreateEvent());
                        if (call == 20)
                        {
                            _ = begun.Signal();
                        }

                        if (call % 2 == 1)
                        {
                            events[^2].Dispose();
                        }
                    }
                },
                Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            begun.Wait(Cancellation);
            await server.StopAsync();
            foreach (Task client in clients)
            {
                ManagerDisconnectedException error = await Assert.ThrowsAsync<ManagerDisconnectedException>(() => client);
                Assert.Contains("shut down", error.Message, StringComparison.Ordinal);
            }

            Array.ForEach(managers, manager => manager.Dispose());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_call_that_waits_while_another_thread_finds_the_connection_ended_does_not_pass_for_carried_out()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");
        using WorkerProcess worker = WorkerProcess.Create(PutWhileTheConnectionEnds);
        worker.Start();
        string outcome = await worker.ResultAsync<string>(Cancellation);
        Assert.Contains("nothing here used it any more", outcome, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("pipe.write.copied", false)]
    [InlineData("pipe.write.stored", false)]
    [InlineData("pipe.write.copied", true)]
    [InlineData("pipe.write.stored", true)]
    public async Task A_client_that_is_killed_or_stopped_in_the_middle_of_a_request_holds_up_nobody(string place, bool isStopped)
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows that a process is stopped.");
        using Manager manager = Manager.Start();
        using SharedList<byte[]> list = manager.CreateList<byte[]>();
        using SharedLock mutex = manager.CreateLock();
        using WorkerProcess worker = WorkerProcess.Create(AddInParts, mutex, list, place, isStopped);
        worker.Start();
        if (!isStopped)
        {
            await worker.JoinAsync(Cancellation);
            Assert.Equal(worker.ProcessId, mutex.Acquire().Abandonment?.ProcessId);
            Assert.Empty(list);
            await Eventually.HoldsAsync(() => manager.Inspect() is { Objects.Count: 2, Clients.Count: 1 });
            return;
        }

        string status = $"/proc/{worker.ProcessId}/stat";
        await Eventually.HoldsAsync(() => mutex.IsHeld && File.ReadAllText(status).Contains(") T", StringComparison.Ordinal));
        Assert.Empty(list);
        UnixSignal.Send(worker.ProcessId!.Value, UnixSignal.Continue);
        await worker.JoinAsync(Cancellation);
        Assert.Equal(0, worker.ExitCode);
        Assert.Equal(500_000, Assert.Single(list).Length);
    }

    private static void AddInParts(SharedLock mutex, SharedList<byte[]> list, string place, bool isStopped)
    {
        _ = mutex.Acquire();
        int signal = isStopped ? UnixSignal.Stop : UnixSignal.Kill;
        CrashPoint.Arm(place, () => UnixSignal.Send(Environment.ProcessId, signal), times: 2);
        list.Add(new byte[500_000]);
    }

    /// <summary>Tells how a call ended whose thread noticed the end of the connection after another had, and before that one told it.</summary>
    private static async Task<string> PutWhileTheConnectionEnds()
    {
        using var server = new ManagerServer();
        using Manager manager = Manager.Connect(server.Address, server.Key);
        SharedQueue<int> queue = manager.CreateQueue<int>(capacity: 1);
        queue.Put(1);
        Task put = Task.Factory.StartNew(
            () => queue.Put(2), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Eventually.HoldsAsync(() => server.Inspect().Clients is [{ WaitingCalls: 1 }]);

        CrashPoint.Arm("client.closed", () => Task.WaitAny(put));
        queue.Dispose();
        manager.Dispose();

        return await Task.WhenAny(put) is { Exception.InnerException: ManagerDisconnectedException error } ? error.Message : put.Status.ToString();
    }
}
