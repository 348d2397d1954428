using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class SharedObjectTests : IDisposable
{
    private readonly Manager _manager = Manager.Start(new ManagerOptions
    {
        Types = static types => types
            .Register<int, ICounter>(static start => new Counter(start))
            .Register<IBank>(static () => new Bank()),
    });

    public interface ICounter
    {
        int Value { get; set; }

        int Add(int by);

        int Add(int by, int times);

        Task<int> AddLaterAsync(int by, CancellationToken cancellationToken);

        ValueTask<string> DescribeAsync();

        Task WaitForeverAsync(CancellationToken cancellationToken = default);

        void Fail(string message);
    }

    public interface IBank
    {
        ICounter Open(int balance);

        int Balance(ICounter account);
    }

    public interface IHidden
    {
        void Run();
    }

    public void Dispose() => _manager.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Methods_properties_and_overloads_of_the_interface_are_called()
    {
        using SharedObject<ICounter> counter = _manager.CreateObject<ICounter>(5);
        Assert.Equal(5, counter.Proxy.Value);
        counter.Proxy.Value = 7;
        Assert.Equal(10, counter.Proxy.Add(3));
        Assert.Equal(30, counter.Proxy.Add(10, 2));
        Assert.Equal(31, await counter.Proxy.AddLaterAsync(1, TestContext.Current.CancellationToken));
        Assert.Equal("counter at 31", await counter.Proxy.DescribeAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_uses_the_same_object()
    {
        using SharedObject<ICounter> counter = _manager.CreateObject<ICounter>(0);
        using WorkerProcess worker = WorkerProcess.Create(static (SharedObject<ICounter> shared) => shared.Proxy.Add(4), counter);
        worker.Start();
        Assert.Equal(4, await worker.ResultAsync<int>(TestContext.Current.CancellationToken));
        Assert.Equal(4, counter.Proxy.Value);
    }

    [Fact(Timeout = 60_000)]
    public void What_the_object_throws_arrives_with_its_stack()
    {
        using SharedObject<ICounter> counter = _manager.CreateObject<ICounter>(0);
        RemoteException error = Assert.Throws<RemoteException>(() => counter.Proxy.Fail("broken"));
        Assert.Equal("System.InvalidTimeZoneException", error.Error.TypeName);
        Assert.Equal("broken", error.Error.Message);
        Assert.Contains("Counter.Fail", error.Error.StackTrace, StringComparison.Ordinal);
        Assert.StartsWith("Manager-", error.ProcessName, StringComparison.Ordinal);
        Assert.Equal(_manager.Worker!.ProcessId, error.ProcessId);
    }

    [Fact(Timeout = 60_000)]
    public async Task Cancellation_reaches_the_object_and_a_waiting_method_holds_up_no_other()
    {
        using SharedObject<ICounter> counter = _manager.CreateObject<ICounter>(0);
        using var stop = new CancellationTokenSource();
        Task waiting = counter.Proxy.WaitForeverAsync(stop.Token);
        Assert.Equal(1, counter.Proxy.Add(1));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact(Timeout = 60_000)]
    public void Results_and_arguments_of_registered_types_stay_in_the_server()
    {
        using SharedObject<IBank> bank = _manager.CreateObject<IBank>();
        ICounter account = bank.Proxy.Open(100);
        Assert.Equal(120, account.Add(20));
        Assert.Equal(120, bank.Proxy.Balance(account));
    }

    [Fact(Timeout = 60_000)]
    public void What_is_not_registered_cannot_be_created_or_called()
    {
        Assert.Throws<MissingMethodException>(() => _manager.CreateObject<IHidden>());
        Assert.Throws<ArgumentException>(() => _manager.CreateObject<Counter>(1));
        using SharedObject<ICounter> counter = _manager.CreateObject<ICounter>(0);
        Assert.Throws<ArgumentException>(() => _manager.CreateObject<ICounter>());
    }

    [Fact(Timeout = 60_000)]
    public void Interfaces_that_cannot_be_called_from_afar_are_refused_on_registration()
    {
        Assert.Throws<ArgumentException>(() => new ManagerServer(new ManagerOptions { Types = static types => types.Register<IByReference>() }));
        Assert.Throws<ArgumentException>(() => new ManagerServer(new ManagerOptions { Types = static types => types.Register<IGeneric>() }));
        Assert.Throws<ArgumentException>(() => new ManagerServer(new ManagerOptions { Types = static types => types.Register<Counter>() }));
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => new ManagerServer(new ManagerOptions { Types = static types => types.Register<IAsynchronousSequence>() }));
        Assert.Contains("return a list", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public void A_sequence_that_a_method_yields_arrives_whole()
    {
        using var server = new ManagerServer(new ManagerOptions { Types = static types => types.Register<ISequence>(static () => new Sequence()) });
        using Manager manager = Manager.Connect(server.Address, server.Key);
        using SharedObject<ISequence> sequence = manager.CreateObject<ISequence>();
        Assert.Equal([0, 1, 4, 9], sequence.Proxy.Squares(4));
    }

    [Fact(Timeout = 60_000)]
    public void A_server_in_this_process_serves_like_any_other_and_disposes_of_what_nobody_uses()
    {
        bool isDisposed = false;
        using var server = new ManagerServer(new ManagerOptions
        {
            Types = types => types.Register<IHidden>(() => new Disposable(() => isDisposed = true)),
        });
        using Manager manager = Manager.Connect(server.Address, server.Key);
        using (SharedObject<IHidden> hidden = manager.CreateObject<IHidden>())
        {
            hidden.Proxy.Run();
        }

        Assert.Empty(manager.Inspect().Objects);
        Assert.True(isDisposed);
    }

    public interface IByReference
    {
        void Take(ref int value);
    }

    public interface IAsynchronousSequence
    {
        IAsyncEnumerable<int> CountAsync();
    }

    public interface ISequence
    {
        IEnumerable<int> Squares(int count);
    }

    public interface IGeneric
    {
        void Take<T>(T value);
    }

    public sealed class Counter(int start) : ICounter
    {
        private int _value = start;

        public int Value
        {
            get => _value;
            set => _value = value;
        }

        public int Add(int by) => Interlocked.Add(ref _value, by);

        public int Add(int by, int times) => Interlocked.Add(ref _value, by * times);

        public async Task<int> AddLaterAsync(int by, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return Add(by);
        }

        public ValueTask<string> DescribeAsync() => ValueTask.FromResult($"counter at {_value}");

        public Task WaitForeverAsync(CancellationToken cancellationToken = default) => Task.Delay(Timeout.Infinite, cancellationToken);

        public void Fail(string message) => throw new InvalidTimeZoneException(message);
    }

    private sealed class Sequence : ISequence
    {
        public IEnumerable<int> Squares(int count)
        {
            for (int number = 0; number < count; number++)
            {
                yield return number * number;
            }
        }
    }

    private sealed class Bank : IBank
    {
        public ICounter Open(int balance) => new Counter(balance);

        public int Balance(ICounter account) => account.Value;
    }

    private sealed class Disposable(Action onDispose) : IHidden, IDisposable
    {
        public void Run()
        {
        }

        public void Dispose() => onDispose();
    }
}
