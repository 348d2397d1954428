using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Managers;

/// <summary>The server's process runs short of something.</summary>
public sealed class ManagerFailureTests
{
    internal interface ISlow
    {
        int Answer();
    }

    internal interface IWordless
    {
        void Fail();
    }

    internal interface IEndless;

    [Fact(Timeout = 60_000)]
    public async Task A_call_for_which_the_system_gives_no_thread_is_refused_and_the_next_one_carried_out()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");
        Assert.Contains("cannot start a thread", await WorkerProcess.Create(CallWithoutThread).RunAsync<string>(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exception_that_throws_when_it_is_asked_for_its_message_is_told_all_the_same()
    {
        using var server = new ManagerServer(new ManagerOptions { Types = Register });
        using Manager manager = Manager.Connect(server.Address, server.Key);
        using SharedObject<IWordless> wordless = manager.CreateObject<IWordless>();
        RemoteException error = await Assert.ThrowsAsync<RemoteException>(
            () => Task.Run(wordless.Proxy.Fail, TestContext.Current.CancellationToken));
        Assert.Equal(typeof(WordlessException).FullName, error.Error.TypeName);
        Assert.Contains(typeof(NotSupportedException).FullName!, error.Error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_client_over_whose_request_the_servers_memory_runs_out_is_told_and_what_it_held_is_given_back()
    {
        using var server = new ManagerServer(new ManagerOptions { Types = Register });
        using (Manager manager = Manager.Connect(server.Address, server.Key))
        {
            SharedList<int> list = manager.CreateList<int>();
            ManagerDisconnectedException error = Assert.Throws<ManagerDisconnectedException>(() => manager.CreateObject<IEndless>());
            Assert.Contains("cannot go on", error.Message, StringComparison.Ordinal);
            Assert.Throws<ManagerDisconnectedException>(() => list.Count);
        }

        using Manager next = Manager.Connect(server.Address, server.Key);


        // It is told before what it held is given back.
        await Eventually.HoldsAsync(() => next.Inspect() is { Clients.Count: 1, Objects.Count: 0 });
    }

    [Fact(Timeout = 60_000)]
    public async Task A_client_that_just_goes_on_through_shared_memory_while_the_server_stops_is_told_so()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");
        Assert.Contains("shut down", await WorkerProcess.Create(ConnectToStoppingServer).RunAsync<string>(), StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_thread_was_interrupted_while_it_sent_for_all_nobody_waits_for_ever(bool isAwaited)
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");
        Assert.Equal(42, await WorkerProcess.Create(CallAfterInterruptedCall, isAwaited).RunAsync<int>());
    }

    /// <summary>
    /// The first call's thread is the one that sends, and others rely on it to send what they have left with it: the calling thread, or for
    /// an awaited call one of the pool, on which nobody is there to catch anything.
    /// </summary>
    private static async Task<int> CallAfterInterruptedCall(bool isAwaited)
    {
        using var server = new ManagerServer(new ManagerOptions { Types = Register });
        using Manager manager = Manager.Connect(server.Address, server.Key);
        using SharedList<int> list = manager.CreateList<int>();
        CrashPoint.Arm("client.sending", static () => throw new ThreadInterruptedException());
        if (isAwaited)
        {
            await Assert.ThrowsAsync<ManagerDisconnectedException>(() => list.AddAsync(1));
        }
        else
        {
            Assert.Throws<ThreadInterruptedException>(() => list.Add(1));
        }

        await Assert.ThrowsAsync<ManagerDisconnectedException>(() => Task.Run(() => list.Count).WaitAsync(TimeSpan.FromSeconds(30)));
        using Manager next = Manager.Connect(server.Address, server.Key);
        using SharedObject<ISlow> slow = next.CreateObject<ISlow>();
        return slow.Proxy.Answer();
    }

    private static string ConnectToStoppingServer()
    {
        using var server = new ManagerServer();
        CrashPoint.Arm("session.greeted", server.Dispose);
        return Assert.Throws<ManagerDisconnectedException>(() =>
        {
            using Manager manager = Manager.Connect(server.Address, server.Key);
            _ = manager.Inspect();
        }).Message;
    }

    private static void Register(ManagerTypes types) =>
        types.Register<IEndless>(static () => new Endless(int.MaxValue)).Register<ISlow>(static () => new Slow())
            .Register<IWordless>(static () => new Wordless());

    private static string CallWithoutThread()
    {
        using var server = new ManagerServer(new ManagerOptions { Types = Register });
        using Manager manager = Manager.Connect(server.Address, server.Key);
        using SharedObject<ISlow> slow = manager.CreateObject<ISlow>();
        CrashPoint.Arm("calls.thread", static () => _ = new Endless(int.MaxValue));
        string refusal = Assert.Throws<InvalidOperationException>(() => slow.Proxy.Answer()).Message;
        Assert.Equal(0, server.Inspect().Clients.Single().WaitingCalls);
        Assert.Equal(42, slow.Proxy.Answer());
        return refusal;
    }

    private sealed class Wordless : IWordless
    {
        public void Fail() => throw new WordlessException();
    }

    private sealed class WordlessException : Exception
    {
        public override string Message => throw new NotSupportedException();
    }

    private sealed class Slow : ISlow
    {
        public int Answer() => 42;
    }

    /// <summary>Runs out of memory if it is to be longer than any array may be.</summary>
    private sealed class Endless(int length) : IEndless
    {
        public byte[] Bytes { get; } = new byte[length];
    }
}
