using System.Diagnostics;
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
    // What the system counts processor time in.
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);

    [Fact(Timeout = 240_000)]
    public async Task A_process_that_waits_for_everything_at_once_uses_no_processor_time()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using Manager manager = await Manager.StartAsync(cancellationToken: cancellationToken);
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
        await using WorkerProcess worker = WorkerProcess.Create(
            WaitForAll, hosted, (mutex, recursive), semaphore, (signal, condition), barrier, queue, pipes.Select(pipe => pipe.There).ToArray());
        worker.Start();
        await Eventually.HoldsAsync(() => manager.Inspect().Clients.Sum(client => client.WaitingCalls) == 1 && barrier.ParticipantsWaiting == 1);

        // What comes before is over at some time: spinning before parking, and what the runtime compiles in the background, which it
        // may put off for long where others want the processors. Who used them while waiting would do so for ever, and fail by the time.
        using Process waiting = Process.GetProcessById(worker.ProcessId!.Value);
        using Process server = Process.GetProcessById(manager.Worker!.ProcessId!.Value);
        await UntilIdleAsync(waiting, server);

        worker.Kill();
        Array.ForEach(pipes, pipe => pipe.Here.Dispose());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pool_that_has_nothing_to_do_uses_no_processor_time()
    {
        (Connection here, Connection there) = Pipe.Create();
        using (here)
        {
            await using WorkerProcess owner = WorkerProcess.Create(HoldIdlePoolAsync, there);
            owner.Start();
            int[] workers = await here.ReceiveAsync<int[]>(TestContext.Current.CancellationToken);
            Assert.Equal(2, workers.Length);
            Process[] processes = [.. workers.Append(owner.ProcessId!.Value).Select(Process.GetProcessById)];

            await UntilIdleAsync(processes);

            Array.ForEach(processes, process => process.Dispose());
            owner.Kill();
        }
    }

    /// <summary>Until they have used as good as no processor time for a while, a tick each and one of them another.</summary>
    private static async Task UntilIdleAsync(params Process[] processes)
    {
        while (await UsedWithinAsync(TimeSpan.FromSeconds(3), processes) > (processes.Length + 1) * s_tick)
        {
        }
    }

    private static async Task<TimeSpan> UsedWithinAsync(TimeSpan time, Process[] processes)
    {
        TimeSpan before = UsedBy(processes);
        await Task.Delay(time, TestContext.Current.CancellationToken);
        Array.ForEach(processes, process => process.Refresh());
        return UsedBy(processes) - before;
    }

    private static TimeSpan UsedBy(Process[] processes) =>
        processes.Aggregate(TimeSpan.Zero, (sum, process) => sum + process.TotalProcessorTime);

    private static async Task HoldIdlePoolAsync(Connection connection)
    {
        await using var pool = new ProcessPool(2);
        using var barrier = new ProcessBarrier(2);
        int[] workers = await Task.WhenAll(pool.Submit(PoolTasks.Meet, barrier), pool.Submit(PoolTasks.Meet, barrier));
        _ = await Task.WhenAll(Enumerable.Range(0, 500).Select(number => pool.Submit(PoolTasks.Double, number)));
        _ = await pool.MapAsync(PoolTasks.Double, Enumerable.Range(0, 1000));
        connection.Send(workers);
        await Task.Delay(Timeout.Infinite);
    }

    private static void WaitForAll(
        SharedQueue<int> hosted,
        (ProcessLock Plain, ProcessRecursiveLock Recursive) locks,
        ProcessSemaphore semaphore,
        (ProcessEvent Event, ProcessCondition Condition) signals,
        ProcessBarrier barrier,
        ProcessQueue<int> queue,
        Connection[] connections)
    {
        Action[] waits =
        [
            () => hosted.Get(),
            () => locks.Plain.Acquire(),
            () => locks.Recursive.Acquire(),
            () => semaphore.Acquire(),
            () => signals.Event.Wait(),
            () => WaitFor(signals.Condition),
            () => queue.Get(),
            () => ProcessWait.Any(locks.Plain, locks.Recursive, semaphore, signals.Event, queue),
            .. connections.Select(connection => (Action)(() => connection.Receive<int>())),
        ];
        Array.ForEach(waits, wait => new Thread(() => wait()) { IsBackground = true }.Start());
        Task asynchronous = Task.WhenAll(signals.Event.WaitAsync().AsTask(), queue.GetAsync().AsTask());
        _ = barrier.Wait();
        asynchronous.Wait();
    }

    private static void WaitFor(ProcessCondition condition)
    {
        using (condition.Hold())
        {
            _ = condition.Wait();
        }
    }
}
