using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Pools;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Processes;

public sealed class IdleTests
{
    internal interface IServerClock
    {
        TimeSpan Read();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_process_that_waits_for_everything_at_once_uses_no_processor_time()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var options = new ManagerOptions { Types = types => types.Register<IServerClock>(() => new ServerClock()) };
        using Manager manager = await Manager.StartAsync(options, cancellationToken);
        using SharedObject<IServerClock> serverClock = manager.CreateObject<IServerClock>();
        using SharedQueue<int> hosted = manager.CreateQueue<int>();
        using var mutex = new ProcessLock();
        using var recursive = new ProcessRecursiveLock();
        using var condition = new ProcessCondition();
        using var semaphore = new ProcessSemaphore(0);
        using var signal = new ProcessEvent();
        using var barrier = new ProcessBarrier(2);
        using var queue = new ProcessQueue<int>();
        (Connection Here, Connection There)[] pipes =
            [.. Enum.GetValues<PipeTransport>().Select(transport => Pipe.Create(duplex: true, transport))];
        using LockHold hold = mutex.Hold(cancellationToken: cancellationToken);
        await using LockHold deepHold = await recursive.HoldAsync(cancellationToken: cancellationToken);
        (Connection clock, Connection clockThere) = Pipe.Create(duplex: true);
        await using WorkerProcess worker = WorkerProcess.Create(
            WaitForAll, clockThere, hosted, (mutex, recursive), (semaphore, barrier), (signal, condition), queue,
            pipes.Select(pipe => pipe.There).ToArray());
        worker.Start();
        await Eventually.HoldsAsync(() => manager.Inspect().Clients.Sum(client => client.WaitingCalls) == 1 && barrier.ParticipantsWaiting == 1);

        await ProcessorClock.UntilStillAsync(() => ProcessorClock.Read(clock), serverClock.Proxy.Read);

        worker.Kill();
        Array.ForEach([.. pipes.Select(pipe => pipe.Here), clock], end => end.Dispose());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pool_that_has_nothing_to_do_uses_no_processor_time()
    {
        (Connection Here, Connection There)[] clocks = [.. Enumerable.Range(0, 3).Select(_ => Pipe.Create(duplex: true))];
        await using WorkerProcess owner = WorkerProcess.Create(HoldIdlePoolAsync, clocks[0].There, clocks[1].There, clocks[2].There);
        owner.Start();

        await ProcessorClock.UntilStillAsync([.. clocks.Select(clock => (Func<TimeSpan>)(() => ProcessorClock.Read(clock.Here)))]);

        owner.Kill();
        Array.ForEach(clocks, clock => clock.Here.Dispose());
    }

    private static async Task HoldIdlePoolAsync(Connection ownerClock, Connection firstClock, Connection secondClock)
    {
        await using var pool = new ProcessPool(2);
        using var barrier = new ProcessBarrier(2);
        await Task.WhenAll(pool.Submit(StartClock, barrier, firstClock), pool.Submit(StartClock, barrier, secondClock));
        _ = await Task.WhenAll(Enumerable.Range(0, 500).Select(number => pool.Submit(PoolTasks.Double, number)));
        _ = await pool.MapAsync(PoolTasks.Double, Enumerable.Range(0, 1000));
        ProcessorClock.Start(ownerClock);
        await Task.Delay(Timeout.Infinite);
    }

    private static void StartClock(ProcessBarrier barrier, Connection clock)
    {
        _ = barrier.Wait();
        ProcessorClock.Start(clock);
    }

    private static void WaitForAll(
        Connection clock,
        SharedQueue<int> hosted,
        (ProcessLock Plain, ProcessRecursiveLock Recursive) locks,
        (ProcessSemaphore Semaphore, ProcessBarrier Barrier) counts,
        (ProcessEvent Event, ProcessCondition Condition) signals,
        ProcessQueue<int> queue,
        Connection[] connections)
    {
        Action[] waits =
        [
            () => hosted.Get(),
            () => locks.Plain.Acquire(),
            () => locks.Recursive.Acquire(),
            () => counts.Semaphore.Acquire(),
            () => signals.Event.Wait(),
            () => WaitFor(signals.Condition),
            () => queue.Get(),
            () => ProcessWait.Any(locks.Plain, locks.Recursive, counts.Semaphore, signals.Event, queue),
            .. connections.Select(connection => (Action)(() => connection.Receive<int>())),
        ];
        Array.ForEach(waits, wait => new Thread(() => wait()) { IsBackground = true }.Start());
        Task asynchronous = Task.WhenAll(signals.Event.WaitAsync().AsTask(), queue.GetAsync().AsTask());
        ProcessorClock.Start(clock);
        _ = counts.Barrier.Wait();
        asynchronous.Wait();
    }

    private static void WaitFor(ProcessCondition condition)
    {
        using (condition.Hold())
        {
            _ = condition.Wait();
        }
    }

    private sealed class ServerClock : IServerClock
    {
        public TimeSpan Read() => Environment.CpuUsage.TotalTime;
    }
}
