using System.Diagnostics;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

// Workers that cannot be made ready.
public sealed class BrokenPoolTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact(Timeout = 60_000)]
    public async Task A_broken_pool_starts_no_more_workers_although_one_still_holds_tasks()
    {
        using var started = new SharedValue<int>();
        using var gate = new ProcessEvent();
        await using ProcessPool pool = CreatePool(started);
        for (int number = 0; number < 300; number++)
        {
            _ = await pool.Submit(PoolTasks.Double, number); // one at a time: the first worker takes all
        }

        Task<int> held = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int>[] tasks = [.. Enumerable.Range(0, 100).Select(number => pool.Submit(PoolTasks.Double, number))];

        BrokenProcessPoolException broken = await Assert.ThrowsAsync<BrokenProcessPoolException>(() => tasks[^1]);
        Assert.Equal("cannot begin", Assert.IsType<RemoteException>(broken.InnerException).Error.Message);
        using var tooLong = new CancellationTokenSource(s_limit);
        while (pool.GetInsights().Workers.Count > 1)
        {
            await Task.Delay(5, tooLong.Token);
        }

        gate.Set();
        _ = await held;
        Assert.InRange(started.Value, 4, 5); // the third that fails breaks the pool; another may have been on its way
    }

    [Fact(Timeout = 60_000)]
    public async Task Workers_that_are_killed_while_they_start_break_nothing()
    {
        using var gate = new ProcessEvent();
        await using ProcessPool pool = CreateWaitingPool(gate);
        Task<int> task = pool.Submit(PoolTasks.Double, 21);
        var killed = new HashSet<int>();

        using var tooLong = new CancellationTokenSource(s_limit);
        while (killed.Count < 5)
        {
            if (pool.GetInsights().Workers is [{ ProcessId: > 0 and int process }] && killed.Add(process))
            {
                PoolTasks.KillProcess(process);
            }

            await Task.Delay(5, tooLong.Token);
        }

        gate.Set();

        Assert.Equal(42, await task);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failing_initializer_breaks_the_pool_with_its_error()
    {
        using var started = new SharedValue<int>();
        await using var pool = new ProcessPool(new ProcessPoolOptions
        {
            WorkerCount = 2,
            Initializer = () =>
            {
                _ = started.Increment();
                throw new InvalidOperationException("cannot begin");
            },
        });

        Task<int>[] tasks = [.. Enumerable.Range(0, 10).Select(number => pool.Submit(PoolTasks.Double, number))];

        foreach (Task<int> task in tasks)
        {
            BrokenProcessPoolException error = await Assert.ThrowsAsync<BrokenProcessPoolException>(() => task);
            Assert.Equal("cannot begin", Assert.IsType<RemoteException>(error.InnerException).Error.Message);
        }

        Assert.Throws<BrokenProcessPoolException>(() => { _ = pool.Submit(PoolTasks.Double, 1); });
        Assert.InRange(started.Value, 3, 4); // the third breaks the pool; another may have been on its way
    }

    [Fact(Timeout = 60_000)]
    public async Task An_initializer_that_exits_breaks_the_pool_too()
    {
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, Initializer = static () => Environment.Exit(5) });

        BrokenProcessPoolException error = await Assert.ThrowsAsync<BrokenProcessPoolException>(() => pool.Submit(PoolTasks.Double, 1));

        Assert.Equal(5, Assert.IsType<WorkerDiedException>(error.InnerException).ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Starts_that_fail_are_tried_after_growing_pauses()
    {
        const int Attempts = 6;
        using var started = new SharedValue<int>();
        using var times = new SharedArray<long>(Attempts);
        await using ProcessPool pool = CreateNotingPool(Attempts, started, times);

        await Assert.ThrowsAsync<BrokenProcessPoolException>(() => pool.Submit(PoolTasks.Double, 21));

        Assert.Equal(Attempts, started.Value);
        for (int failed = 1; failed < Attempts; failed++)
        {
            // At least: the next one has to start, too.
            Assert.True(Stopwatch.GetElapsedTime(times[failed - 1], times[failed]) >= TimeSpan.FromMilliseconds(10 << (failed - 1)));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_that_succeeds_forgives_those_before_it()
    {
        using var started = new SharedValue<int>();
        await using ProcessPool pool = CreatePoolThatFailsTwiceOfThree(started);

        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
        Assert.Equal(44, await pool.Submit(PoolTasks.Double, 22));

        Assert.Equal(6, started.Value);
    }

    [Fact(Timeout = 60_000)]
    public async Task Workers_that_are_killed_ten_times_as_often_as_allowed_break_the_pool()
    {
        using var started = new SharedValue<int>();
        await using ProcessPool pool = CreateDyingPool(started);

        BrokenProcessPoolException broken = await Assert.ThrowsAsync<BrokenProcessPoolException>(() => pool.Submit(PoolTasks.Double, 21));

        Assert.Equal(KilledExit.Code, Assert.IsType<WorkerDiedException>(broken.InnerException).ExitCode);
        Assert.Equal(10, started.Value);
    }

    private static ProcessPool CreateNotingPool(int attempts, SharedValue<int> started, SharedArray<long> times) =>
        new(new ProcessPoolOptions
        {
            WorkerCount = 1,
            StartAttempts = attempts,
            Initializer = () =>
            {
                times[started.Increment() - 1] = Stopwatch.GetTimestamp();
                throw new InvalidOperationException("cannot begin");
            },
        });

    private static ProcessPool CreatePoolThatFailsTwiceOfThree(SharedValue<int> started) => new(new ProcessPoolOptions
    {
        WorkerCount = 1,
        StartAttempts = 3,
        TasksPerWorker = 1,
        Initializer = () =>
        {
            if (started.Increment() % 3 != 0)
            {
                throw new InvalidOperationException("cannot begin");
            }
        },
    });

    private static ProcessPool CreateDyingPool(SharedValue<int> started) => new(new ProcessPoolOptions
    {
        WorkerCount = 1,
        StartAttempts = 1,
        Initializer = () =>
        {
            _ = started.Increment();
            _ = PoolTasks.KillSelf();
        },
    });

    private static ProcessPool CreateWaitingPool(ProcessEvent gate) =>
        new(new ProcessPoolOptions { WorkerCount = 1, Initializer = () => gate.Wait() });

    private static ProcessPool CreatePool(SharedValue<int> started) => new(new ProcessPoolOptions
    {
        WorkerCount = 3,
        Initializer = () =>
        {
            if (started.Increment() > 1)
            {
                throw new InvalidOperationException("cannot begin");
            }
        },
    });
}
