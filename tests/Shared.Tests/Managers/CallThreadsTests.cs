using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Tests.Support;
using MessagePack;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class CallThreadsTests
{
    private const int Threads = 1_000;

    private const int Calls = Threads + 500;

    private static readonly AuthenticationKey s_key = AuthenticationKey.FromText("key");

    public interface IGate
    {
        void Pass();

        void Open();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_client_with_as_many_calls_that_block_as_there_are_threads_leaves_some_to_others()
    {
        Wine.SkipHere("a thousand threads take it most of a minute.");
        int passing = 0;
        using var gate = new ManualResetEventSlim();
        using var server = new ManagerServer(new ManagerOptions
        {
            Key = s_key,
            Types = types => types.Register<IGate>(() => new Gate(gate, () => Interlocked.Increment(ref passing), Cancellation)),
        });
        using Connection hog = ManagerGreeting.Greet(Connection.Connect(server.Address, s_key), server.Address).Connection;
        ulong number = ManagerProtocolTests.Call(hog, 1, 0, "create", typeof(IGate).FullName!).Reference;
        hog.SendBytes([.. Enumerable.Range(2, Calls).SelectMany(
            id => MessagePackSerializer.Serialize<object[]>([(uint)id, number, "Pass", Array.Empty<object>()]))]);
        await Eventually.HoldsAsync(() => Volatile.Read(ref passing) == Threads);

        using Manager manager = Manager.Connect(server.Address, s_key);
        using SharedObject<IGate> shared = manager.CreateObject<IGate>();
        Task[] passed = [.. Enumerable.Range(1, 3).Select(_ => Start(shared.Proxy.Pass))];
        await Eventually.HoldsAsync(() => Volatile.Read(ref passing) == Threads + passed.Length);
        await Start(shared.Proxy.Open);
        await Task.WhenAll(passed);
        for (int answers = 0; answers < Calls;)
        {
            var reader = new MessagePackReader(hog.ReceiveBytes(cancellationToken: Cancellation));
            for (; !reader.End; answers++)
            {
                reader.Skip();
            }
        }

        Assert.Equal(Calls + passed.Length, passing);
        await Start(shared.Proxy.Pass);
    }

    private static Task Start(Action call) =>
        Task.Factory.StartNew(call, Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private sealed class Gate(ManualResetEventSlim gate, Action passing, CancellationToken cancellation) : IGate
    {
        public void Pass()
        {
            passing();
            gate.Wait(cancellation);
        }

        public void Open() => gate.Set();
    }
}
