using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

// How a pool comes to its end when a worker does not help, and what it is after that.
public sealed class PoolEndTests
{
    private static readonly PoolMapOptions s_asCompleted = new() { IsOrdered = false };

    public enum End
    {
        Completed,
        Stopped,
        Disposed,
        Broken,
    }

    [Theory(Timeout = 60_000)]
    [InlineData(End.Completed)]
    [InlineData(End.Stopped)]
    [InlineData(End.Disposed)]
    [InlineData(End.Broken)]
    public async Task A_pool_that_has_ended_refuses_every_way_in(End end)
    {
        await using ProcessPool pool = end == End.Broken ? await CreateBrokenAsync() : new ProcessPool(1);
        if (end != End.Broken)
        {
            _ = await pool.Submit(PoolTasks.Double, 1);
            await EndAsync(pool, end);
        }

        Func<Task>[] ways =
        [
            () => pool.Submit(PoolTasks.Double, 1),
            () => Task.Run(() => pool.Invoke(PoolTasks.Double, 1)),
            () => Task.Run(() => pool.Map(PoolTasks.Double, [1])),
            () => pool.MapAsync(PoolTasks.Double, [1]),
            () => pool.SelectAsync(PoolTasks.Double, [1]).ToArrayAsync().AsTask(),
            () => pool.SelectAsync(PoolTasks.Double, [1], s_asCompleted).ToArrayAsync().AsTask(),
            () => Task.Run(() => pool.Resize(2)),
        ];

        foreach (Func<Task> way in ways)
        {
            Exception? refusal = await Record.ExceptionAsync(way);
            Assert.IsType(end == End.Broken ? typeof(BrokenProcessPoolException) : typeof(ObjectDisposedException), refusal);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(End.Completed)]
    [InlineData(End.Stopped)]
    public async Task A_pool_whose_idle_worker_was_just_killed_ends(End end)
    {
        await using var pool = new ProcessPool(2);
        using var left = new ProcessEvent();
        using var right = new ProcessEvent();
        int[] processes = await Task.WhenAll(
            pool.Submit(PoolTasks.SetAndWait, left, right), pool.Submit(PoolTasks.SetAndWait, right, left));

        PoolTasks.KillProcess(processes[0]);
        await EndAsync(pool, end);

        Assert.Empty(pool.GetInsights().Workers);
        Assert.Equal(2, pool.GetInsights().EndedWorkers.Count);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(End.Stopped)]
    [InlineData(End.Disposed)]
    public async Task A_pool_whose_worker_does_not_get_ready_can_be_stopped(End end)
    {
        using var process = new SharedValue<int>();
        using var started = new ProcessEvent();
        await using ProcessPool pool = CreateUnready(process, started);
        Task<int> task = pool.Submit(PoolTasks.Double, 21);
        await started.WaitAsync();
        ProcessIdentity worker = ProcessIdentity.Of(process.Value)!.Value;

        await EndAsync(pool, end);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.NotEqual(worker, ProcessIdentity.Of(worker.ProcessId));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(End.Stopped)]
    [InlineData(End.Disposed)]
    public async Task A_pool_whose_worker_does_not_move_can_be_stopped(End end)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Stops a process as Unix does.");
        await using var pool = new ProcessPool(
            new ProcessPoolOptions { WorkerCount = 1, CancellationGrace = TimeSpan.FromMilliseconds(100) });
        using var started = new ProcessEvent();
        ProcessIdentity worker = ProcessIdentity.Of(await pool.Submit(PoolTasks.ProcessId))!.Value;
        Task<int> running = pool.Submit(PoolTasks.UntilCancelled, started);
        Task<int> waiting = pool.Submit(PoolTasks.Double, 21);
        await started.WaitAsync();
        Signals.Stop(worker.ProcessId);

        await EndAsync(pool, end);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.NotEqual(worker, ProcessIdentity.Of(worker.ProcessId));
    }

    private static Task EndAsync(ProcessPool pool, End end) => end switch
    {
        End.Completed => pool.CompleteAsync(),
        End.Stopped => pool.StopAsync(),
        _ => Task.Run(pool.Dispose),
    };

    private static async Task<ProcessPool> CreateBrokenAsync()
    {
        var pool = new ProcessPool(new ProcessPoolOptions
        {
            WorkerCount = 1,
            StartAttempts = 1,
            Initializer = static () => throw new InvalidOperationException("cannot begin"),
        });
        await Assert.ThrowsAsync<BrokenProcessPoolException>(() => pool.Submit(PoolTasks.Double, 1));
        return pool;
    }

    private static ProcessPool CreateUnready(SharedValue<int> process, ProcessEvent started) => new(new ProcessPoolOptions
    {
        WorkerCount = 1,
        CancellationGrace = TimeSpan.FromMilliseconds(100),
        Initializer = () =>
        {
            process.Value = Environment.ProcessId;
            started.Set();
            _ = PoolTasks.Forever();
        },
    });
}
