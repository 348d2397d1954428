using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Pools;

/// <summary>
/// Worker processes that run calls of this program's own methods, one call each at a time. The counterpart of
/// <c>multiprocessing.Pool</c> and <c>concurrent.futures.ProcessPoolExecutor</c>.
/// </summary>
/// <remarks>
/// <para>
/// Workers are started when there is work for them, kept, and replaced when they die. A worker that dies, however it does, affects the
/// one task that it was running: that is run again (<see cref="ProcessPoolOptions.Retries"/>) or fails with
/// <see cref="Processes.WorkerDiedException"/>. A worker killed while it is idle is not noticed by anybody.
/// </para>
/// <para>
/// A task takes any static method, local function or lambda; arguments and captured variables are serialized when it is submitted,
/// so that what cannot travel throws there. What it throws arrives as a <see cref="Processes.RemoteException"/>, on that task.
/// </para>
/// <para>
/// A pool may be used within another pool's task. It is to be disposed; workers also end, within a second, when this process does.
/// Members may be called from any thread.
/// </para>
/// <para>
/// A pool that is forgotten instead finishes what it was given, and its workers end then: once the garbage collector has found that
/// nobody can use it any more, which may take its time, the library's log says so, as a warning. A map that goes on still uses its
/// pool, a task that somebody awaits does not; nor is a pool ever found that its own options refer to, such as by what their
/// <see cref="ProcessPoolOptions.Diagnostics"/> capture.
/// </para>
/// </remarks>
[StaysHere("make a pool in the task, or have a manager host one and pass on its proxy")]
public sealed partial class ProcessPool : IProcessPool, IAsyncDisposable, IDisposable
{
    /// <summary>The name of the <see cref="System.Diagnostics.Metrics.Meter"/> and the activity source of all pools.</summary>
    public const string TelemetryName = "IpcDemos.Pools";

    // Whatever changes the scheduler's state uses this, or keeps this object alive, until it has: else the last call of a pool could find
    // it forgotten.
    private readonly PoolReference _reference;
    private readonly PoolScheduler _scheduler;

    /// <summary>Creates a pool. No worker is started yet.</summary>
    /// <param name="options">How it works; the defaults if <see langword="null"/>.</param>
    public ProcessPool(ProcessPoolOptions? options = null)
    {
        _scheduler = new PoolScheduler(options ?? new ProcessPoolOptions());
        _reference = new PoolReference(_scheduler);
    }

    /// <summary>Creates a pool of so many workers, with the default options otherwise.</summary>
    /// <param name="workerCount">The most workers that run at once, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="workerCount"/> is less than 1.</exception>
    public ProcessPool(int workerCount)
        : this(new ProcessPoolOptions { WorkerCount = workerCount })
    {
    }

    /// <inheritdoc/>
    public int WorkerCount => _scheduler.WorkerCount;

    /// <summary>Changes how many workers may run at once. Workers that are too many end when they have no task.</summary>
    /// <param name="workerCount">1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="workerCount"/> is less than 1.</exception>
    /// <exception cref="ObjectDisposedException">The pool has been completed or stopped.</exception>
    public void Resize(int workerCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workerCount, 1);
        _scheduler.Resize(workerCount);
        GC.KeepAlive(this);
    }

    /// <summary>What the workers are at, and where their time went. Costs some microseconds.</summary>
    public PoolInsights GetInsights() => _scheduler.GetInsights();

    /// <summary>
    /// Takes no more tasks; completes when all that were submitted have ended and every worker has. (Python: <c>close</c> and
    /// <c>join</c>, <c>shutdown</c>.)
    /// </summary>
    /// <param name="cancelPending">
    /// Whether tasks that have not started are cancelled; those that run are left to their ends all the same.
    /// (Python: <c>shutdown(cancel_futures=True)</c>.)
    /// </param>
    public Task CompleteAsync(bool cancelPending = false)
    {
        Task completed = _scheduler.CompleteAsync(cancelPending);
        _reference.SetHandleAsInvalid();
        return completed;
    }

    /// <summary>
    /// Takes no more tasks, cancels those that have not started and stops those that run: one that takes a
    /// <see cref="CancellationToken"/> is given <see cref="ProcessPoolOptions.CancellationGrace"/>, any other is killed with its
    /// worker. Completes when no worker is left. (Python: <c>terminate</c> and <c>join</c>.)
    /// </summary>
    public Task StopAsync()
    {
        Task stopped = _scheduler.StopAsync();
        _reference.SetHandleAsInvalid();
        return stopped;
    }

    /// <summary>As <see cref="StopAsync"/>; after <see cref="CompleteAsync"/> there is nothing left to stop.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>As <see cref="StopAsync"/>; blocks until no worker is left.</summary>
    public void Dispose() => StopAsync().GetAwaiter().GetResult();

    /// <summary>For people: how many workers there are, and how many tasks wait.</summary>
    public override string ToString()
    {
        PoolInsights insights = GetInsights();
        return $"ProcessPool ({insights.Workers.Count} of {WorkerCount} workers, {insights.Pending} tasks waiting)";
    }
}
