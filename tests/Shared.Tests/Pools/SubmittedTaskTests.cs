using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

/// <summary>What a pool gives for a task is a task like any other: what can be done with those can be done with it.</summary>
public sealed class SubmittedTaskTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_wait_that_is_out_of_time_leaves_its_task_running()
    {
        await using var pool = new ProcessPool(1);
        using var gate = new ProcessEvent();
        Task<int> task = pool.Submit(PoolTasks.WaitFor, gate);

        await Assert.ThrowsAsync<TimeoutException>(() => task.WaitAsync(TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken));
        Assert.False(task.IsCompleted);
        gate.Set();

        Assert.NotEqual(Environment.ProcessId, await task);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_first_of_some_tasks_can_be_waited_for_whether_it_has_ended_already_or_not()
    {
        await using var pool = new ProcessPool(2);
        using var gate = new ProcessEvent();
        Task<int> held = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int> first = pool.Submit(PoolTasks.Double, 1);

        Assert.Same(first, await Task.WhenAny(held, first));
        Assert.Same(first, await Task.WhenAny(first, held));
        Assert.False(held.IsCompleted);
        gate.Set();
        _ = await held;
    }

    [Fact(Timeout = 60_000)]
    public async Task Tasks_are_given_as_they_end_each_once_and_however_it_ended()
    {
        await using var pool = new ProcessPool(2);
        using var cancel = new CancellationTokenSource();
        using var gate = new ProcessEvent();
        Task<int> held = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int> good = pool.Submit(PoolTasks.Double, 21);
        Task<int> bad = pool.Submit(PoolTasks.Fail, 3);
        Task<int> cancelled = pool.Submit(PoolTasks.Forever, cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        List<Task<int>> ended = [];

        await foreach (Task<int> task in Task.WhenEach(held, good, bad, cancelled))
        {
            ended.Add(task);
            if (ended.Count == 3)
            {
                gate.Set();
            }
        }

        Assert.Equal(4, ended.Distinct().Count());
        Assert.Same(held, ended[^1]);
        Assert.Equal(42, await good);
        _ = await Assert.ThrowsAsync<RemoteException>(() => bad);
        Assert.True(cancelled.IsCanceled);
    }

    [Fact(Timeout = 60_000)]
    public async Task All_tasks_have_ended_when_all_are_waited_for_although_one_fails()
    {
        await using var pool = new ProcessPool(2);
        Task<int>[] tasks = [.. Enumerable.Range(0, 10).Select(number => pool.Submit(PoolTasks.Fail, number))];

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => Task.WhenAll(tasks));

        Assert.Equal("not 3", error.Error.Message);
        Assert.All(tasks, task => Assert.True(task.IsCompleted));
        _ = Assert.Single(tasks, task => task.IsFaulted);
    }

    [Fact(Timeout = 60_000)]
    public async Task Continuations_run_after_a_result_an_error_and_a_cancellation_also_when_added_later()
    {
        await using var pool = new ProcessPool(1);
        using var cancel = new CancellationTokenSource();
        using var gate = new ProcessEvent();
        Task<int> good = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int> bad = pool.Submit(PoolTasks.Fail, 3);
        Task<int> cancelled = pool.Submit(PoolTasks.Double, 1, cancellationToken: cancel.Token);
        Task<TaskStatus>[] before = [.. new[] { good, bad, cancelled }.Select(StatusAfter)];

        await cancel.CancelAsync();
        gate.Set();
        TaskStatus[] seen = await Task.WhenAll(before);
        TaskStatus[] seenLater = await Task.WhenAll(new[] { good, bad, cancelled }.Select(StatusAfter));

        Assert.Equal([TaskStatus.RanToCompletion, TaskStatus.Faulted, TaskStatus.Canceled], seen);
        Assert.Equal(seen, seenLater);
    }

    [Fact(Timeout = 60_000)]
    public async Task Cancelling_a_task_that_has_ended_changes_nothing()
    {
        await using var pool = new ProcessPool(1);
        using var cancel = new CancellationTokenSource();
        int process = await pool.Submit(PoolTasks.ProcessId);
        Task<int> good = pool.Submit(PoolTasks.Double, 21, cancellationToken: cancel.Token);
        Task<int> bad = pool.Submit(PoolTasks.Fail, 3, cancellationToken: cancel.Token);
        _ = await Task.WhenAny(Task.WhenAll(good, bad));

        await cancel.CancelAsync();

        Assert.Equal(42, await good);
        _ = await Assert.ThrowsAsync<RemoteException>(() => bad);
        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    private static Task<TaskStatus> StatusAfter(Task<int> task) =>
        task.ContinueWith(static ended => ended.Status, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
}
