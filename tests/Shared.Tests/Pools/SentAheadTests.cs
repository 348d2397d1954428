using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

// A worker is sent tasks before it comes to them. What becomes of those, and of the worker, when they are taken back.
public sealed class SentAheadTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact(Timeout = 240_000)]
    public async Task A_worker_that_was_sent_its_last_task_and_had_it_taken_back_works_on()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Stops a process as Unix does.");
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, TasksPerWorker = 2 });
        using var cancel = new CancellationTokenSource();
        int process = await pool.Submit(PoolTasks.ProcessId);
        Signals.Stop(process); // so that the next task lies in its pipe

        Task<int> last = pool.Submit(PoolTasks.Double, 1, cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => last);
        Signals.Continue(process);

        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId).WaitAsync(s_limit, TestContext.Current.CancellationToken));
        await pool.CompleteAsync().WaitAsync(s_limit, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_killed_worker_takes_no_task_with_it_that_was_only_sent_ahead()
    {
        Wine.SkipHere("a worker answers too slowly for tasks to be sent ahead to it.");
        bool wereSentAhead = false;
        while (!wereSentAhead)
        {
            await using var pool = new ProcessPool(1);
            using var gate = new ProcessEvent();
            await Task.WhenAll(Enumerable.Range(0, 500).Select(number => pool.Submit(PoolTasks.Double, number)));
            Task<int> dies = pool.Submit(PoolTasks.WaitAndKillSelf, gate);
            Task<int>[] others = [.. Enumerable.Range(0, 20).Select(number => pool.Submit(PoolTasks.Double, number))];

            // Else the worker was too slow just now for anything to be sent ahead to it.
            wereSentAhead = pool.GetInsights().Pending < others.Length;
            gate.Set();

            await Assert.ThrowsAsync<WorkerDiedException>(() => dies);
            Assert.Equal(Enumerable.Range(0, 20).Select(PoolTasks.Double), await Task.WhenAll(others));
        }
    }

    [Fact(Timeout = 240_000)]
    public async Task A_task_that_has_answered_unheard_is_cancelled_without_harm_to_the_one_that_runs()
    {
        using var started = new ProcessEvent();
        using var gate = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        await using Unheard unheard = await Unheard.CreateAsync(
            started,
            pool => pool.Submit(PoolTasks.Double, 21, cancellationToken: cancel.Token),
            pool => pool.Submit(PoolTasks.SetAndWait, started, gate));

        await cancel.CancelAsync();
        Unheard.Hear();

        Assert.Equal(42, await unheard.Answered);
        gate.Set();
        Assert.Equal(unheard.ProcessId, await unheard.Running);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_running_task_is_asked_to_end_although_the_one_before_it_has_answered_unheard()
    {
        using var started = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        await using Unheard unheard = await Unheard.CreateAsync(
            started,
            pool => pool.Submit(PoolTasks.Double, 21),
            pool => pool.Submit(PoolTasks.UntilCancelled, started, cancellationToken: cancel.Token));

        await cancel.CancelAsync();
        Unheard.Hear();

        Assert.Equal(42, await unheard.Answered);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => unheard.Running);
        Assert.Equal(unheard.ProcessId, await unheard.Pool.Submit(PoolTasks.ProcessId));
    }
}
