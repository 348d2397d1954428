using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;
using MessagePack;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>
/// How processes that have ended are found and taken off, while others put, take and end. The waits have no time-outs of their own:
/// after those, too, they look again, and would hide that nobody has woken them.
/// </summary>
public sealed class QueueMemberTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Join_tells_what_a_dead_consumer_had_though_somebody_is_just_taking_as_it_looks(bool withExtents)
    {
        using ProcessQueue<byte[]> queue = new(new ProcessQueueOptions { CapacityInBytes = 1024 });
        using var taken = new ProcessEvent();
        queue.Put(new byte[withExtents ? 10_000 : 10]);
        using var worker = WorkerProcess.Create(TakeOne, queue, taken);
        worker.Start();
        Assert.True(taken.Wait(s_patience));
        worker.Kill();
        await worker.JoinAsync();

        // It is this process that takes, here, and takes a long time over it.
        RobustLock head = HeadLockOf(queue);
        Assert.True(head.Acquire(Deadline.Infinite, CancellationToken.None));
        Task joining = queue.JoinAsync().AsTask();
        Assert.False(joining.IsCompleted);
        head.Release();
        QueueItemsAbandonedException abandoned = await Assert.ThrowsAsync<QueueItemsAbandonedException>(() => joining.WaitAsync(s_patience));
        Assert.Equal(worker.ProcessId, Assert.Single(abandoned.Losses).ProcessId);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_consumer_that_dies_in_a_take_while_others_are_being_removed_is_told_of_with_that_item()
    {
        RequireCrashPoints();
        using ProcessQueue<byte[]> queue = new();
        using var taken = new ProcessEvent();
        using var settled = new ProcessEvent();
        using var goOn = new ProcessEvent();
        queue.Put([1]);
        queue.Put([2]);
        using var first = WorkerProcess.Create(TakeOne, queue, taken);
        first.Start();
        Assert.True(taken.Wait(s_patience));
        first.Kill();
        await first.JoinAsync();

        // Somebody finds the first dead, and the second dies in front of its eyes.
        using var finder = WorkerProcess.Create(FindTheDead, queue, settled, goOn);
        finder.Start();
        Assert.True(settled.Wait(s_patience));
        using var second = WorkerProcess.Create(TakeAndDie, queue, "queue.take.stored");
        second.Start();
        await second.JoinAsync();
        Assert.Equal(KilledExit.Code, second.ExitCode);
        goOn.Set();
        await finder.JoinAsync();
        Assert.True(finder.ExitCode == 0, $"{finder.Error}");

        Assert.Equal(
            [(first.ProcessId!.Value, 1L), (second.ProcessId!.Value, 1L)], queue.Losses.Select(static loss => (loss.ProcessId, loss.Taken)));
        _ = Assert.Throws<QueueItemsAbandonedException>(() => queue.Join(s_patience));
        queue.Join(s_patience);
    }

    [Fact(Timeout = 60_000)]
    public async Task Nobody_sleeps_on_an_item_that_a_process_put_on_its_way_out_when_it_had_no_time_left_to_wake_anybody()
    {
        RequireCrashPoints();
        using ProcessQueue<byte[]> queue = new();
        using var leaving = new ProcessEvent();
        using var goOn = new ProcessEvent();
        using var worker = WorkerProcess.Create(PutWhileLeaving, queue, leaving, goOn);
        worker.Start();
        Assert.True(leaving.Wait(s_patience));
        Task<byte[]> getting = queue.GetAsync().AsTask();
        Assert.False(getting.IsCompleted);
        goOn.Set();
        Assert.Equal([7], await getting.WaitAsync(s_patience));
        await worker.JoinAsync();
        Assert.Equal(KilledExit.Code, worker.ExitCode);
        Assert.Empty(queue.Losses);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_process_takes_on_its_way_out_is_not_counted_as_anybody_elses()
    {
        RequireCrashPoints();
        using ProcessQueue<byte[]> queue = new();
        using var leaving = new ProcessEvent();
        using var goOn = new ProcessEvent();
        using var newcomerTook = new ProcessEvent();
        queue.Put([1]);
        queue.Put([2]);
        using var worker = WorkerProcess.Create(TakeWhileLeaving, queue, leaving, goOn);
        worker.Start();
        Assert.True(leaving.Wait(s_patience));
        using var newcomer = WorkerProcess.Create(TakeOne, queue, newcomerTook);
        newcomer.Start();
        Assert.True(newcomerTook.Wait(s_patience));
        goOn.Set();
        await worker.JoinAsync();
        newcomer.Kill();
        await newcomer.JoinAsync();
        Assert.True(queue.IsEmpty);
        QueueLoss loss = Assert.Single(queue.Losses);
        Assert.Equal((newcomer.ProcessId!.Value, 1L), (loss.ProcessId, loss.Taken));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_process_that_dies_as_it_completes_a_queue_has_completed_it_for_all_who_wait(bool isFull)
    {
        RequireCrashPoints();
        using ProcessQueue<byte[]> queue = new(1);
        if (isFull)
        {
            queue.Put([1]);
        }

        Task waiting = isFull ? queue.PutAsync([2], s_patience).AsTask() : queue.GetAsync().AsTask();
        Assert.False(waiting.IsCompleted);
        using var worker = WorkerProcess.Create(CompleteAndDie, queue);
        worker.Start();
        _ = await Assert.ThrowsAsync<QueueCompletedException>(() => waiting.WaitAsync(s_patience));
        await worker.JoinAsync();
        Assert.Equal(KilledExit.Code, worker.ExitCode);
        Assert.True(queue.IsCompleted);
        Assert.Equal(isFull, queue.TryGet(out _));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_that_dies_as_it_marks_the_last_item_done_leaves_nobody_waiting_for_that()
    {
        RequireCrashPoints();
        using ProcessQueue<byte[]> queue = new();
        queue.Put([1]);
        _ = queue.Get();
        Task joining = queue.JoinAsync().AsTask();
        Assert.False(joining.IsCompleted);
        using var worker = WorkerProcess.Create(MarkDoneAndDie, queue);
        worker.Start();
        await joining.WaitAsync(s_patience);
        await worker.JoinAsync();
        Assert.Equal(KilledExit.Code, worker.ExitCode);
        QueueLoss loss = Assert.Single(queue.Losses);
        Assert.Equal((0L, 1L, 0L), (loss.Taken, loss.MarkedDone, loss.Unfinished));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_that_ends_in_order_while_it_opens_a_queue_ends_in_order()
    {
        RequireCrashPoints();
        using ProcessQueue<byte[]> queue = new();
        using var worker = WorkerProcess.Create(EndWhileOpening, Memory.Wire.Send(queue));
        worker.Start();
        await worker.JoinAsync();
        Assert.Equal(7, worker.ExitCode);
        Assert.Empty(queue.Losses);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_that_marks_more_done_than_was_taken_and_is_killed_then_has_marked_nothing()
    {
        RequireCrashPoints();
        using ProcessQueue<byte[]> queue = new();
        using var worker = WorkerProcess.Create(MarkTooManyDone, queue);
        worker.Start();
        await worker.JoinAsync();
        queue.Put([1]);
        _ = queue.Get();
        _ = Assert.Throws<TimeoutException>(() => queue.Join(TimeSpan.FromMilliseconds(50)));
        queue.TaskDone();
        queue.Join(s_patience);
        _ = Assert.Throws<InvalidOperationException>(queue.TaskDone);
    }

    private static void RequireCrashPoints() => Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");

    private static unsafe RobustLock HeadLockOf(ProcessQueue<byte[]> queue)
    {
        var reader = new MessagePackReader(MessageSerializer.Serialize(queue));
        SharedBlock block = SharedBlock.Read(ref reader);
        return new RobustLock(new SharedLifetime(block, queue), &((QueueState*)block.Pointer)->HeadLock);
    }

    private static void TakeOne(ProcessQueue<byte[]> queue, ProcessEvent taken)
    {
        _ = queue.Get();
        taken.Set();
        new ManualResetEvent(false).WaitOne();
    }

    private static void TakeAndDie(ProcessQueue<byte[]> queue, string point)
    {
        CrashPoint.Arm(point);
        _ = queue.Get();
    }

    private static void FindTheDead(ProcessQueue<byte[]> queue, ProcessEvent settled, ProcessEvent goOn)
    {
        CrashPoint.Arm("queue.settled", () =>
        {
            settled.Set();
            _ = goOn.Wait(s_patience);
        });
        _ = queue.Losses;
    }

    /// <summary>What runs then stands for a thread in the background, which nobody ends before the process does.</summary>
    private static void WhileLeaving(ProcessEvent leaving, ProcessEvent goOn, Action run) =>
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            leaving.Set();
            _ = goOn.Wait(s_patience);
            run();
        };

    private static void PutWhileLeaving(ProcessQueue<byte[]> queue, ProcessEvent leaving, ProcessEvent goOn) =>
        WhileLeaving(leaving, goOn, () =>
        {
            CrashPoint.Arm("queue.put.unlocked");
            queue.Put([7]);
        });

    private static void TakeWhileLeaving(ProcessQueue<byte[]> queue, ProcessEvent leaving, ProcessEvent goOn) =>
        WhileLeaving(leaving, goOn, () => queue.Get());

    private static void CompleteAndDie(ProcessQueue<byte[]> queue)
    {
        CrashPoint.Arm("queue.complete.stored");
        queue.Complete();
    }

    private static void EndWhileOpening(string message)
    {
        CrashPoint.Arm("queue.join.claimed", static () => Environment.Exit(7));
        Memory.Wire.Receive<ProcessQueue<byte[]>>(message).Dispose();
    }

    private static void MarkTooManyDone(ProcessQueue<byte[]> queue)
    {
        CrashPoint.Arm("queue.done.counted");
        _ = Assert.Throws<InvalidOperationException>(queue.TaskDone);
    }

    private static void MarkDoneAndDie(ProcessQueue<byte[]> queue)
    {
        CrashPoint.Arm("queue.done.counted");
        queue.TaskDone();
    }
}
