using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace IpcDemos.Shared.Pools;

/// <summary>What pools tell <c>System.Diagnostics</c>: one meter and one source of activities. Free as long as nobody listens.</summary>
internal static class PoolTelemetry
{
    private static readonly ActivitySource s_activities = new(ProcessPool.TelemetryName);
    private static readonly Meter s_meter = new(ProcessPool.TelemetryName);

    private static readonly UpDownCounter<long> s_workers =
        s_meter.CreateUpDownCounter<long>("ipcdemos.pool.workers", "{worker}", "Worker processes of pools.");

    private static readonly Counter<long> s_deaths =
        s_meter.CreateCounter<long>("ipcdemos.pool.worker.deaths", "{worker}", "Workers that ended although nobody had dismissed them.");

    private static readonly UpDownCounter<long> s_open =
        s_meter.CreateUpDownCounter<long>("ipcdemos.pool.tasks.open", "{task}", "Tasks that were submitted and have not ended.");

    private static readonly Counter<long> s_ended =
        s_meter.CreateCounter<long>("ipcdemos.pool.tasks", "{task}", "Tasks that have ended, by outcome.");

    private static readonly Counter<long> s_retries =
        s_meter.CreateCounter<long>("ipcdemos.pool.retries", "{task}", "Tasks that were run again after their worker had died.");

    private static readonly Histogram<double> s_durations =
        s_meter.CreateHistogram<double>("ipcdemos.pool.task.duration", "s", "How long tasks ran, as measured in their workers.");

    public static void WorkerStarted() => s_workers.Add(1);

    public static void WorkerEnded(bool wasDismissed)
    {
        s_workers.Add(-1);
        if (!wasDismissed)
        {
            s_deaths.Add(1);
        }
    }

    public static void TaskSubmitted() => s_open.Add(1);

    public static void TaskRan(long microseconds) => s_durations.Record(microseconds / 1e6);

    public static void TaskRunsAgain() => s_retries.Add(1);

    /// <summary>Counts a task that has ended, and ends its activity.</summary>
    public static void TaskEnded(Activity? activity, string outcome, string? problem)
    {
        s_open.Add(-1);
        s_ended.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        if (activity is not null)
        {
            _ = activity.SetTag("ipcdemos.pool.outcome", outcome);
            if (problem is not null)
            {
                _ = activity.SetStatus(ActivityStatusCode.Error, problem);
            }

            // To stop an activity makes the one before it the thread's current one; this thread has nothing to do with it.
            Activity? current = Activity.Current;
            activity.Stop();
            Activity.Current = current;
        }
    }

    /// <summary>The activity of a task that is being submitted; null if nobody listens. The caller's own stays the current one.</summary>
    public static Activity? Submit(string task)
    {
        Activity? current = Activity.Current;
        Activity? activity = s_activities.StartActivity($"submit {task}", ActivityKind.Producer);
        Activity.Current = current;
        return activity;
    }

    /// <summary>
    /// The activity of a task that begins to run in this worker, as part of its submitter's trace. Also if nobody listens here: what
    /// the task logs, or sends on, then still belongs to that trace.
    /// </summary>
    public static Activity Run(string task, string parentId, string? traceState)
    {
        string name = $"run {task}";
        Activity? heard = ActivityContext.TryParse(parentId, traceState, isRemote: true, out ActivityContext parent)
            ? s_activities.StartActivity(name, ActivityKind.Consumer, parent)
            : null;
        return heard ?? new Activity(name) { TraceStateString = traceState }.SetParentId(parentId).Start();
    }
}
