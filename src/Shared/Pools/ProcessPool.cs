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
/// </remarks>
public sealed partial class ProcessPool : IProcessPool, IAsyncDisposable, IDisposable
{
    /// <summary>The name of the <see cref="System.Diagnostics.Metrics.Meter"/> and the activity source of all pools.</summary>
    public const string TelemetryName = "IpcDemos.Pools";

    private readonly PoolScheduler _scheduler;

    /// <summary>Creates a pool. No worker is started yet.</summary>
    /// <param name="options">How it works; the defaults if <see langword="null"/>.</param>
    public ProcessPool(ProcessPoolOptions? options = null)
    {
        _scheduler = new PoolScheduler(options ?? new ProcessPoolOptions());
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
    public async Task CompleteAsync(bool cancelPending = false)
    {
        await _scheduler.CompleteAsync(cancelPending).ConfigureAwait(false);
        _scheduler.Memory.Dispose();
    }

    /// <summary>
    /// Takes no more tasks, cancels those that have not started and stops those that run: one that takes a
    /// <see cref="CancellationToken"/> is given <see cref="ProcessPoolOptions.CancellationGrace"/>, any other is killed with its
    /// worker. Completes when no worker is left. (Python: <c>terminate</c> and <c>join</c>.)
    /// </summary>
    public async Task StopAsync()
    {
        await _scheduler.StopAsync().ConfigureAwait(false);
        _scheduler.Memory.Dispose();
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
