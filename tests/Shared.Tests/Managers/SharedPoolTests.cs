using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Tests.Pools;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class SharedPoolTests(ManagerFixture fixture) : IClassFixture<ManagerFixture>
{
    private Manager Manager => fixture.Manager;

    [Fact(Timeout = 60_000)]
    public async Task A_child_that_got_the_proxy_uses_the_pool_like_one_of_its_own()
    {
        using SharedPool pool = Manager.CreatePool(new ProcessPoolOptions { WorkerCount = 2 });
        using WorkerProcess child = WorkerProcess.Create(
            static async (SharedPool pool) =>
            {
                using (pool)
                {
                    int factor = 3;
                    int[] mapped = await pool.MapAsync(number => number * factor, Enumerable.Range(0, 1000));
                    return (
                        pool.WorkerCount,
                        Invoked: pool.Invoke(PoolTasks.Double, 21),
                        Submitted: await pool.Submit(() => factor + 1),
                        Sum: mapped.Sum(),
                        InOrder: mapped.SequenceEqual(Enumerable.Range(0, 1000).Select(number => number * 3)),
                        IsElsewhere: await pool.Submit(PoolTasks.ProcessId) != Environment.ProcessId);
                }
            },
            pool);
        child.Start();

        Assert.Equal((2, 42, 4, 1_498_500, true, true), await child.ResultAsync<(int, int, int, int, bool, bool)>(TestContext.Current.CancellationToken));
        Assert.Equal(10, await pool.Submit(PoolTasks.Double, 5));
    }

    [Fact(Timeout = 60_000)]
    public async Task Tasks_fail_as_those_of_any_pool()
    {
        using SharedPool pool = Manager.CreatePool(new ProcessPoolOptions { WorkerCount = 1 });
        RemoteException thrown = await Assert.ThrowsAsync<RemoteException>(() => pool.Submit(PoolTasks.Fail, 3));
        Assert.Equal(typeof(InvalidOperationException).FullName, thrown.Error.TypeName);
        Assert.Contains(nameof(PoolTasks.Fail), thrown.Error.StackTrace, StringComparison.Ordinal);
        Assert.NotEqual(Manager.Worker!.ProcessId, thrown.ProcessId);

        WorkerDiedException died = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(PoolTasks.Exit, 7));
        Assert.Equal(7, died.ExitCode);
        Assert.Contains("leaving", died.LastErrorLines, StringComparison.Ordinal);
        Assert.Equal("PoolTasks.Exit", died.Task);

        var options = new PoolTaskOptions { Timeout = TimeSpan.FromMilliseconds(50) };
        await Assert.ThrowsAsync<TimeoutException>(() => pool.Submit(PoolTasks.Forever, options));

        using var stop = new CancellationTokenSource();
        Task<int> cancelled = pool.Submit(PoolTasks.Forever, cancellationToken: stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        RemoteException inMap = await Assert.ThrowsAsync<RemoteException>(() => pool.MapAsync(PoolTasks.Fail, Enumerable.Range(0, 10)));
        Assert.Equal("not 3", inMap.Error.Message);
        Assert.ThrowsAny<MessagePack.MessagePackSerializationException>(() => { _ = pool.Submit(object (object value) => value, new Unserializable()); });
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_initializer_runs_in_the_pools_workers_and_its_failure_breaks_the_pool()
    {
        string mark = Guid.NewGuid().ToString("N");
        using SharedPool pool = Manager.CreatePool(new ProcessPoolOptions
        {
            WorkerCount = 1,
            Initializer = () => Environment.SetEnvironmentVariable("IPCDEMOS_TEST_MARK", mark),
        });
        Assert.Equal(mark, await pool.Submit(static () => Environment.GetEnvironmentVariable("IPCDEMOS_TEST_MARK")));

        using SharedPool broken = Manager.CreatePool(new ProcessPoolOptions
        {
            StartAttempts = 1,
            Initializer = static () => throw new InvalidTimeZoneException("not today"),
        });
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => broken.Submit(PoolTasks.ProcessId));
        Assert.Contains("not today", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_travels_that_is_no_delegate()
    {
        var options = new ProcessPoolOptions
        {
            WorkerCount = 7,
            StartAttempts = 6,
            TasksPerWorker = 5,
            MaximumMemory = 1L << 40,
            IdleTimeout = TimeSpan.FromSeconds(4),
            Retries = 3,
            TaskTimeout = TimeSpan.FromSeconds(2),
            CancellationGrace = TimeSpan.FromSeconds(8),
            ReportAfter = null,
        };

        Assert.Equal(options, MessageSerializer.Deserialize<ProcessPoolOptions>(MessageSerializer.Serialize(options)));
    }

    [Fact(Timeout = 60_000)]
    public void A_pool_that_is_to_report_to_this_process_is_refused() => Assert.Throws<ArgumentException>(
        () => Manager.CreatePool(new ProcessPoolOptions { Diagnostics = new Progress<PoolDiagnosis>() }));

    [Fact(Timeout = 60_000)]
    public async Task Tasks_use_the_managers_other_objects_and_what_is_handed_over_with_them()
    {
        using SharedPool pool = Manager.CreatePool(new ProcessPoolOptions { WorkerCount = 2 });
        using SharedNamespace counts = Manager.CreateNamespace();
        _ = await pool.MapAsync(number => counts.Increment("sum", number), Enumerable.Range(1, 100));
        Assert.Equal(5050, counts.Get<int>("sum"));

        (Connection here, Connection there) = Pipe.Create();
        using (here)
        {
            Task task = pool.Submit<object?>(static (Connection connection) => connection.Send("from the worker"), [there]);
            Assert.Equal("from the worker", await here.ReceiveAsync<string>(TestContext.Current.CancellationToken));
            await task;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_hands_over_a_connection_is_not_run_again()
    {
        using SharedPool pool = Manager.CreatePool(new ProcessPoolOptions { WorkerCount = 1, Retries = 5 });
        using SharedNamespace counts = Manager.CreateNamespace();
        (Connection here, Connection there) = Pipe.Create();
        using (here)
        {
            WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit<int>(
                static (SharedNamespace counts, Connection connection) =>
                {
                    _ = counts.Increment("runs", 1);
                    return PoolTasks.KillSelf() + (connection is null ? 1 : 0);
                },
                [counts, there]));
            Assert.Equal(1, counts.Get<int>("runs"));
            Assert.Contains("SharedPoolTests", error.Task, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task It_takes_all_that_a_pool_of_ones_own_takes()
    {
        using SharedPool pool = Manager.CreatePool(new ProcessPoolOptions { WorkerCount = 2 });

        Assert.Equal(new[] { 3, 12 }, pool.Map((left, right) => left * right, [(1, 3), (3, 4)]));
        Assert.Equal(new[] { 2, 4 }, await pool.SelectAsync(PoolTasks.DoubleLater, new[] { 1, 2 }).ToArrayAsync());
        Assert.Equal(5, await pool.Submit(async (int left, int right) => await Task.FromResult(left + right), 2, 3));
        Assert.Equal(42, await pool.Submit(PoolTasks.DoubleLater, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_stops_taking_results_leaves_the_pool_to_others()
    {
        using SharedPool pool = Manager.CreatePool(new ProcessPoolOptions { WorkerCount = 1 });
        await foreach (int result in pool.SelectAsync(PoolTasks.Double, Endless(), cancellationToken: TestContext.Current.CancellationToken))
        {
            if (result == 200)
            {
                break;
            }
        }

        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));

        static IEnumerable<int> Endless()
        {
            for (int number = 0; ; number++)
            {
                yield return number;
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task The_tasks_of_a_killed_client_are_stopped_and_those_of_others_go_on()
    {
        using SharedPool pool = Manager.CreatePool(new ProcessPoolOptions { WorkerCount = 1 });
        using SharedQueue<int> started = Manager.CreateQueue<int>();
        using WorkerProcess client = WorkerProcess.Create(
            static (SharedPool pool, SharedQueue<int> started) =>
            {
                _ = pool.Submit(() => ReportAndStay(started));
                _ = pool.Submit(() => ReportAndStay(started));
                _ = PoolTasks.Forever();
            },
            pool,
            started);
        client.Start();
        int worker = await started.GetAsync(cancellationToken: TestContext.Current.CancellationToken);
        client.Kill();

        // There is one worker: this runs only when the killed client's tasks, the one that ran and the one that waited, are gone.
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21, cancellationToken: TestContext.Current.CancellationToken));
        await EndOfAsync(worker);
        Assert.Throws<TimeoutException>(() => started.Get(TimeSpan.Zero));
    }

    [Fact(Timeout = 60_000)]
    public async Task With_the_last_reference_the_pool_and_what_it_runs_end()
    {
        using SharedQueue<int> started = Manager.CreateQueue<int>();
        Task<int> running;
        int worker;
        using (SharedPool pool = Manager.CreatePool(new ProcessPoolOptions { WorkerCount = 1 }))
        {
            running = pool.Submit(() => ReportAndStay(started));
            worker = await started.GetAsync(cancellationToken: TestContext.Current.CancellationToken);
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await EndOfAsync(worker);
    }

    [Fact(Timeout = 60_000)]
    public void A_manager_that_other_programs_can_reach_hosts_no_pool()
    {
        using Manager open = Manager.Start(new ManagerOptions { Address = ConnectionAddress.Tcp("127.0.0.1") });
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => open.CreatePool());
        Assert.Contains("without an address", error.Message, StringComparison.Ordinal);
        using SharedList<int> list = open.CreateList([1]);
        Assert.Single(list);
    }

    private static async Task EndOfAsync(int processId)
    {
        if (ProcessIdentity.Of(processId) is { } process)
        {
            await RunningProcesses.EndOfAsync(process);
        }
    }

    private static int ReportAndStay(SharedQueue<int> started)
    {
        started.Put(Environment.ProcessId);
        return PoolTasks.Forever();
    }
}
