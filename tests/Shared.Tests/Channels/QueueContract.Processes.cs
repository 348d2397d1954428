using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Channels;

/// <content>What queues promise between processes, some of which are killed.</content>
public abstract partial class QueueContract<T, TKind>
{
    [Fact(Timeout = 60_000)]
    public async Task A_worker_gets_what_was_put_and_puts_what_is_got()
    {
        using ProcessQueue<T> queue = Create();
        using ProcessQueue<T> back = Create();
        using var received = new ProcessEvent();
        using var worker = WorkerProcess.Create(Copy, queue, back, received);
        worker.Start();
        Task putting = OnAnotherThread(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                queue.Put(TKind.Item(i));
            }

            queue.Complete();
            return true;
        });
        Assert.Equal(Enumerable.Range(0, 1000), await AllOf(back));
        received.Set();
        await putting;
        await worker.JoinAsync();
        Assert.Equal(0, worker.ExitCode);
        Assert.Empty(queue.Losses);
    }

    [Fact(Timeout = 60_000)]
    public async Task Is_the_same_queue_in_a_grandchild()
    {
        using ProcessQueue<T> queue = Create();
        using var received = new ProcessEvent();
        using var child = WorkerProcess.Create(PutInGrandchild, queue, received);
        child.Start();
        Assert.Equal(7, TKind.Number(await queue.GetAsync()));
        received.Set();
        await child.JoinAsync();
        Assert.Equal(0, child.ExitCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_consumer_that_is_killed_is_reported_with_what_it_had_taken(bool isWaiting)
    {
        using ProcessQueue<T> queue = Create();
        using var taken = new ProcessEvent();
        using var worker = WorkerProcess.Create(TakeAndStay, queue, taken, 3, isWaiting);
        for (int i = 0; i < 3; i++)
        {
            queue.Put(TKind.Item(i));
        }

        worker.Start();
        Assert.True(taken.Wait());
        Assert.Empty(queue.Losses);
        worker.Kill();
        await worker.JoinAsync();
        QueueLoss loss = Assert.Single(queue.Losses);
        Assert.Equal(new QueueLoss(worker.ProcessId!.Value, loss.ExitCode, Taken: 3, MarkedDone: 1), loss);
        Assert.Equal(2, loss.Unfinished);
        queue.Put(TKind.Item(9));
        Assert.Equal(9, TKind.Number(queue.Get()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Join_ends_when_a_consumer_is_killed_and_tells_what_it_had()
    {
        using ProcessQueue<T> queue = Create();
        using var taken = new ProcessEvent();
        using var worker = WorkerProcess.Create(TakeAndStay, queue, taken, 2, true);
        queue.Put(TKind.Item(0));
        queue.Put(TKind.Item(1));
        worker.Start();
        Assert.True(taken.Wait());
        Task joining = queue.JoinAsync().AsTask();
        await Task.Delay(s_moment);
        Assert.False(joining.IsCompleted);
        worker.Kill();
        QueueItemsAbandonedException abandoned = await Assert.ThrowsAsync<QueueItemsAbandonedException>(() => joining);
        Assert.Equal(1, Assert.Single(abandoned.Losses).Unfinished);

        // The work can be done again, and waited for.
        queue.Put(TKind.Item(1));
        _ = queue.Get();
        queue.TaskDone();
        await queue.JoinAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Those_who_wait_are_not_held_up_by_others_that_are_killed_while_they_wait()
    {
        using ProcessQueue<T> queue = Create(items: 1);
        using var started = new ProcessEvent();
        using var waiting = WorkerProcess.Create(TakeAndStay, queue, started, 5, false);
        waiting.Start();
        queue.Put(TKind.Item(1));
        Task<T> getting = OnAnotherThread(() => queue.Get());
        await Task.Delay(s_moment);
        waiting.Kill();
        await waiting.JoinAsync();
        queue.Put(TKind.Item(2), TimeSpan.FromSeconds(30));
        Assert.InRange(TKind.Number(await getting), 1, 2);
    }

    // An item that is larger than the queue lives in its producer until it is received, so that has to stay.
    private static void Copy(ProcessQueue<T> queue, ProcessQueue<T> back, ProcessEvent received)
    {
        while (true)
        {
            try
            {
                back.Put(queue.Get());
            }
            catch (QueueCompletedException)
            {
                back.Complete();
                _ = received.Wait();
                return;
            }
        }
    }

    private static void PutInGrandchild(ProcessQueue<T> queue, ProcessEvent received)
    {
        using var child = WorkerProcess.Create(PutHere, queue, received);
        child.Start();
        child.Join();
    }

    private static void PutHere(ProcessQueue<T> queue, ProcessEvent received)
    {
        queue.Put(TKind.Item(7));
        _ = received.Wait();
    }

    private static void TakeAndStay(ProcessQueue<T> queue, ProcessEvent taken, int count, bool takesMore)
    {
        for (int i = 0; i < count; i++)
        {
            _ = queue.Get();
        }

        queue.TaskDone();
        taken.Set();
        if (takesMore)
        {
            _ = queue.Get();
        }

        new ManualResetEvent(false).WaitOne();
    }
}
