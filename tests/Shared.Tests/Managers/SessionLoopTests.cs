using System.Diagnostics;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;
using MessagePack;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class SessionLoopTests
{
    private static readonly AuthenticationKey s_key = AuthenticationKey.FromText("key");

    public interface IThing
    {
        int Use();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Clients_whose_calls_do_not_end_hold_up_no_other_and_are_answered_when_they_do()
    {
        CancellationToken cancellation = Cancellation;
        int begun = 0;
        using var gate = new ManualResetEventSlim();
        using ManagerServer server = Serve(types => types.Register<IThing>(() =>
        {
            _ = Interlocked.Increment(ref begun);
            gate.Wait(cancellation);
            return new Thing();
        }));
        Connection[] slow = [.. Enumerable.Range(0, 5).Select(_ => Join(server))];
        using Connection quick = Join(server);
        for (int index = 0; index < slow.Length; index++)
        {
            Send(slow[index], 1, 0, "create", typeof(IThing).FullName!);
            await Eventually.HoldsAsync(() => Volatile.Read(ref begun) == index + 1);
            _ = ManagerProtocolTests.Call(quick, (uint)index + 1, 0, "create", "list", Array.Empty<object>());
        }

        gate.Set();
        foreach (Connection client in slow)
        {
            Assert.NotEmpty(await client.ReceiveBytesAsync(cancellationToken: cancellation));
            _ = ManagerProtocolTests.Call(client, 2, 0, "create", "list", Array.Empty<object>());
            client.Dispose();
        }

        await Eventually.HoldsAsync(() => server.Inspect().Clients.Count == 1);
        _ = ManagerProtocolTests.Call(quick, 9, 0, "create", "list", Array.Empty<object>());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_newcomer_whose_first_call_does_not_end_holds_up_nobody_either()
    {
        CancellationToken cancellation = Cancellation;
        using var gate = new ManualResetEventSlim();
        using ManagerServer server = Serve(types => types.Register<IThing>(() =>
        {
            gate.Wait(cancellation);
            return new Thing();
        }));
        using Connection quick = Join(server);
        for (uint round = 0; round < 50; round++)
        {
            gate.Reset();
            using Connection newcomer = Join(server);
            Send(newcomer, 1, 0, "create", typeof(IThing).FullName!);
            await Task.Run(() => ManagerProtocolTests.Call(quick, round + 1, 0, "create", "list", Array.Empty<object>()), cancellation)
                .WaitAsync(TimeSpan.FromSeconds(10), cancellation);
            gate.Set();
            Assert.NotEmpty(await newcomer.ReceiveBytesAsync(cancellationToken: cancellation));
            newcomer.Dispose();
            await Eventually.HoldsAsync(() => server.Inspect().Clients.Count == 1);
        }
    }

    [Fact(Timeout = 60_000)]
    public void A_client_that_is_cut_off_for_what_it_does_not_read_gives_back_what_it_held_though_it_is_stopped()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows cannot stop processes.");
        using Manager manager = Manager.Start(new ManagerOptions { MaximumUnreadLength = 1 << 20 });
        using SharedQueue<byte[]> queue = manager.CreateQueue<byte[]>();
        using SharedEvent ready = manager.CreateEvent();
        using SharedLock mutex = manager.CreateLock();
        using WorkerProcess worker = WorkerProcess.Create(HoldAndAsk, mutex, queue, ready);
        worker.Start();
        Assert.True(ready.Wait());
        UnixSignal.Send(worker.ProcessId!.Value, UnixSignal.Stop);
        for (int item = 0; item < 100; item++)
        {
            queue.Put(new byte[100_000]);
        }

        Assert.True(mutex.Acquire(TimeSpan.FromSeconds(30)));
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_client_is_answered_in_its_order_while_others_come_and_go_and_the_turn_changes()
    {
        const int clients = 6;
        using ManagerServer server = Serve(static types => types.Register<IThing>(static () =>
        {
            for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalMilliseconds < 12;)
            {
                // Longer than a turn is kept.
            }

            return new Thing();
        }));
        Task[] tasks = [.. Enumerable.Range(0, clients).Select(index => Task.Factory.StartNew(
            () => Run(index), Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        await Task.WhenAll(tasks);
        await Eventually.HoldsAsync(() => server.Inspect() is { Clients.Count: 0, Objects.Count: 0 });

        void Run(int index)
        {
            var random = new Random(index);
            for (int visit = 0; visit < 6; visit++)
            {
                using Connection client = Join(server);
                ulong list = ManagerProtocolTests.Call(client, 1, 0, "create", "list", Array.Empty<object>()).Reference;
                uint sent = 1;
                uint answered = 1;
                for (int batch = 0; batch < 40; batch++)
                {
                    for (int call = random.Next(1, 20); call > 0; call--)
                    {
                        Send(client, ++sent, list, "append", 1);
                    }

                    if (random.Next(20) == 0)
                    {
                        Send(client, ++sent, 0, "create", typeof(IThing).FullName!);
                    }

                    while (answered < sent)
                    {
                        var reader = new MessagePackReader(client.ReceiveBytes());
                        while (!reader.End)
                        {
                            Assert.Equal(3, reader.ReadArrayHeader());
                            Assert.Equal(++answered, reader.ReadUInt32());
                            Assert.Equal(0, reader.ReadInt32());
                            reader.Skip();
                        }
                    }
                }
            }
        }
    }

    private static void HoldAndAsk(SharedLock mutex, SharedQueue<byte[]> queue, SharedEvent ready)
    {
        _ = mutex.Acquire();
        for (int call = 0; call < 100; call++)
        {
            _ = queue.GetAsync();
        }

        ready.Set();
        using var never = new ManualResetEvent(false);
        _ = never.WaitOne();
    }

    private static ManagerServer Serve(Action<ManagerTypes> types) => new(new ManagerOptions { Key = s_key, Types = types });

    /// <summary>A client as any other, with a connection of its own, through shared memory.</summary>
    private static Connection Join(ManagerServer server) =>
        ManagerGreeting.Greet(Connection.Connect(server.Address, s_key), server.Address).Connection;

    private static void Send(Connection client, uint id, ulong target, string method, params object[] arguments) =>
        client.SendBytes(MessagePackSerializer.Serialize<object[]>([id, target, method, arguments]));

    private sealed class Thing : IThing
    {
        public int Use() => 1;
    }
}
