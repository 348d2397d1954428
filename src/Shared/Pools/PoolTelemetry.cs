using System.Diagnostics;
using System.Diagnostics.Metrics;
using IpcDemos.Shared.Diagnostics;

namespace IpcDemos.Shared.Pools;

/// <summary>
/// What pools tell <c>System.Diagnostics</c>: one meter and one source of activities. Free as long as nobody listens. What a listener
/// throws is logged: thrown on, it would come between a task and its end.
/// </summary>
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

    public static void WorkerStarted() => Add(s_workers, 1);

    public static void WorkerEnded(bool wasDismissed)
    {
        Add(s_workers, -1);
        if (!wasDismissed)
        {
            Add(s_deaths);
        }
    }

    public static void TaskSubmitted() => Add(s_open, 1);

    public static void TaskRan(long microseconds)
    {
        try
        {
            s_durations.Record(microseconds / 1e6);
        }
        catch (Exception error)
        {
            ProcessLog.ListenerFailed(error);
        }
    }

    public static void TaskRunsAgain() => Add(s_retries);

    /// <summary>Counts a task that has ended, and ends its activity.</summary>
    public static void TaskEnded(Activity? activity, string outcome, string? problem)
    {
        Add(s_open, -1);
        try
        {
            s_ended.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        }
        catch (Exception error)
        {
            ProcessLog.ListenerFailed(error);
        }

        End(activity, outcome, problem);
    }

    /// <summary>Ends a task's activity, if there is one.</summary>
    public static void End(Activity? activity, string outcome, string? problem)
    {
        if (activity is null)
        {
            return;
        }

        _ = activity.SetTag("ipcdemos.pool.outcome", outcome);
        if (problem is not null)
        {
            _ = activity.SetStatus(ActivityStatusCode.Error, problem);
        }

        // To stop an activity makes the one before it the thread's current one; this thread has nothing to do with it.
        Activity? current = Activity.Current;
        Stop(activity);
        Activity.Current = current;
    }

    /// <summary>Stops an activity, if there is one. In a worker a listener that throws would else end that, with its task unanswered.</summary>
    public static void Stop(Activity? activity)
    {
        try
        {
            activity?.Stop();
        }
        catch (Exception error)
        {
            ProcessLog.ListenerFailed(error);
        }
    }

    /// <summary>The activity of a task that is being submitted; null if nobody listens. The caller's own stays the current one.</summary>
    public static Activity? Submit(string task)
    {
        if (!s_activities.HasListeners())
        {
            return null;
        }

        Activity? current = Activity.Current;
        try
        {
            return s_activities.StartActivity($"submit {task}", ActivityKind.Producer);
        }
        catch (Exception error)
        {
            ProcessLog.ListenerFailed(error);
            return null;
        }
        finally
        {
            Activity.Current = current;
        }
    }

    /// <summary>
    /// The activity of a task that begins to run in this worker, as part of its submitter's trace. Also if nobody listens here: what
    /// the task logs, or sends on, then still belongs to that trace.
    /// </summary>
    public static Activity Run(string task, string parentId, string? traceState)
    {
        string name = $"run {task}";
        Activity? before = Activity.Current;
        Activity? heard = null;
        try
        {
            heard = ActivityContext.TryParse(parentId, traceState, isRemote: true, out ActivityContext parent)
                ? s_activities.StartActivity(name, ActivityKind.Consumer, parent)
                : null;
        }
        catch (Exception error)
        {
            ProcessLog.ListenerFailed(error);
            Activity.Current = before;
        }

        return heard ?? new Activity(name) { TraceStateString = traceState }.SetParentId(parentId).Start();
    }

    private static void Add(UpDownCounter<long> counter, long change)
    {
        try
        {
            counter.Add(change);
        }
        catch (Exception error)
        {
            ProcessLog.ListenerFailed(error);
        }
    }

    private static void Add(Counter<long> counter)
    {
        try
        {
            counter.Add(1);
        }
        catch (Exception error)
        {
            ProcessLog.ListenerFailed(error);
        }
    }
}
