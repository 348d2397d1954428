using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class TelemetryTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact(Timeout = 60_000)]
    public async Task A_task_belongs_to_the_trace_of_its_submitter_although_nobody_listens()
    {
        await using var pool = new ProcessPool(1);
        using var activity = new Activity("the caller's") { TraceStateString = "vendor=1" };
        activity.Start();

        string there = await pool.Submit(CurrentTrace);
        string[] mapped = await pool.MapAsync(static _ => CurrentTrace(), new[] { 1, 2 });

        string expected = $"{activity.TraceId} below {activity.SpanId} with vendor=1";
        Assert.Equal($"run TelemetryTests.{nameof(CurrentTrace)}: {expected}", there);
        Assert.All(mapped, trace => Assert.EndsWith(expected, trace, StringComparison.Ordinal));
        Assert.Same(activity, Activity.Current);
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_a_trace_a_task_has_none()
    {
        await using var pool = new ProcessPool(1);
        Activity.Current = null;

        Assert.Equal("none", await pool.Submit(CurrentTrace));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_listens_is_told_of_every_task_with_its_outcome_and_the_worker_runs_it_below_that()
    {
        var activities = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ProcessPool.TelemetryName,
            Sample = static (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var pool = new ProcessPool(1);
        using var root = new Activity("root");
        root.Start();

        string there = await pool.Submit(CurrentTrace);
        _ = await Assert.ThrowsAsync<RemoteException>(() => pool.Submit(PoolTasks.Fail, 3));

        Activity[] mine = [.. activities.Where(activity => activity.TraceId == root.TraceId)];
        Assert.Equal(["completed", "failed"], mine.Select(activity => activity.GetTagItem("ipcdemos.pool.outcome")));
        Assert.Equal(ActivityStatusCode.Error, mine[1].Status);
        Assert.Contains($"below {mine[0].SpanId}", there, StringComparison.Ordinal);
        Assert.All(mine, activity => Assert.Equal(root.SpanId, activity.ParentSpanId));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_meter_counts_tasks_by_outcome_and_workers_that_died()
    {
        var outcomes = new ConcurrentDictionary<string, long>();
        long deaths = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == ProcessPool.TelemetryName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "ipcdemos.pool.tasks")
            {
                _ = outcomes.AddOrUpdate((string)tags[0].Value!, value, (_, before) => before + value);
            }
            else if (instrument.Name == "ipcdemos.pool.worker.deaths")
            {
                _ = Interlocked.Add(ref deaths, value);
            }
        });
        listener.Start();
        await using (var pool = new ProcessPool(1))
        {
            _ = await pool.Submit(PoolTasks.Double, 1);
            _ = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(PoolTasks.KillSelf));
        }

        // Pools of other tests run at the same time and are counted, too.
        Assert.True(outcomes["completed"] >= 1);
        Assert.True(outcomes["died"] >= 1);
        Assert.True(deaths >= 1);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_meter_counts_workers_open_tasks_and_retries_and_measures_tasks()
    {
        var up = new ConcurrentDictionary<string, long>();
        long longTasks = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == ProcessPool.TelemetryName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(
            (instrument, value, _, _) => up.AddOrUpdate($"{instrument.Name} {value}", 1, static (_, before) => before + 1));
        listener.SetMeasurementEventCallback<double>((_, value, _, _) =>
        {
            if (value >= 0.05)
            {
                _ = Interlocked.Increment(ref longTasks);
            }
        });
        listener.Start();
        await using (var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, Retries = 1 }))
        {
            _ = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(PoolTasks.KillSelf));
            await pool.Submit(static () => Thread.Sleep(50));
        }

        // At least: pools of other tests run at the same time and are counted, too.
        Assert.True(up["ipcdemos.pool.workers 1"] >= 3);
        Assert.True(up["ipcdemos.pool.workers -1"] >= 3);
        Assert.True(up["ipcdemos.pool.tasks.open 1"] >= 2);
        Assert.True(up["ipcdemos.pool.tasks.open -1"] >= 2);
        Assert.True(up["ipcdemos.pool.retries 1"] >= 1);
        Assert.True(longTasks >= 1);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_listener_that_throws_harms_no_task()
    {
        using var root = new Activity("root");
        root.Start();
        ActivityTraceId mine = root.TraceId;
        using var traces = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ProcessPool.TelemetryName,
            Sample = static (ref _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity => ThrowIf(activity.TraceId == mine),
            ActivityStopped = activity => ThrowIf(activity.TraceId == mine),
        };
        ActivitySource.AddActivityListener(traces);
        using var meters = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == ProcessPool.TelemetryName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        meters.SetMeasurementEventCallback<long>(static (_, _, _, _) => ThrowIf(true));
        meters.SetMeasurementEventCallback<double>(static (_, _, _, _) => ThrowIf(true));
        meters.Start();
        await using var pool = new ProcessPool(1);

        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21).WaitAsync(s_limit, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<WorkerDiedException>(
            () => pool.Submit(PoolTasks.KillSelf).WaitAsync(s_limit, TestContext.Current.CancellationToken));
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21).WaitAsync(s_limit, TestContext.Current.CancellationToken));
        await pool.CompleteAsync().WaitAsync(s_limit, TestContext.Current.CancellationToken);
        Assert.Same(root, Activity.Current);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_listener_in_a_worker_that_throws_harms_no_task_and_ends_no_worker()
    {
        await using var pool = new ProcessPool(new ProcessPoolOptions
        {
            WorkerCount = 1,
            Initializer = static () => ActivitySource.AddActivityListener(new ActivityListener
            {
                ShouldListenTo = static source => source.Name == ProcessPool.TelemetryName,
                Sample = static (ref _) => ActivitySamplingResult.AllData,
                ActivityStopped = static _ => ThrowIf(true),
            }),
        });
        using var root = new Activity("root");
        root.Start();

        int worker = await pool.Submit(PoolTasks.ProcessId);
        RemoteException failure = await Assert.ThrowsAsync<RemoteException>(() => pool.Submit(PoolTasks.Fail, 3));

        Assert.Equal("not 3", failure.Error.Message);
        Assert.Equal(worker, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_activity_of_a_task_that_is_refused_ends()
    {
        using var root = new Activity("root");
        root.Start();
        ActivityTraceId mine = root.TraceId;
        var stopped = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ProcessPool.TelemetryName,
            Sample = static (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == mine)
                {
                    stopped.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var pool = new ProcessPool(1);
        await pool.CompleteAsync();

        Assert.Throws<ObjectDisposedException>(() => { _ = pool.Submit(PoolTasks.Double, 1); });

        Assert.Equal(ActivityStatusCode.Error, Assert.Single(stopped).Status);
    }

    private static void ThrowIf(bool condition)
    {
        if (condition)
        {
            throw new InvalidOperationException("not interested");
        }
    }

    private static string CurrentTrace() => Activity.Current is { } activity
        ? $"{activity.OperationName}: {activity.TraceId} below {activity.ParentSpanId} with {activity.TraceStateString}"
        : "none";
}
