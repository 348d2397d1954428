using System.Diagnostics;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
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
        while (await UsedWithinAsync(TimeSpan.FromSeconds(3)) > 3 * s_tick)
        {
        }

        worker.Kill();
        Array.ForEach(pipes, pipe => pipe.Here.Dispose());

        async Task<TimeSpan> UsedWithinAsync(TimeSpan time)
        {
            TimeSpan before = waiting.TotalProcessorTime + server.TotalProcessorTime;
            await Task.Delay(time, cancellationToken);
            waiting.Refresh();
            server.Refresh();
            return waiting.TotalProcessorTime + server.TotalProcessorTime - before;
        }
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
