using MessagePack;

namespace IpcDemos.Shared.Pools;

/// <summary>How a <see cref="ProcessPool"/> works. Immutable; may be shared by pools.</summary>
public sealed record ProcessPoolOptions
{
    // What the system's timers take, and leave some hours to add to.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(49);

    /// <summary>The most workers that run at once, 1 or more; as many as there are processors unless set.</summary>
    public int WorkerCount
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = Environment.ProcessorCount;

    /// <summary>
    /// Run once in every worker before its first task. What it captures travels by value, as it is when the worker starts. If it
    /// throws in <see cref="StartAttempts"/> workers in a row, the pool breaks with its error. (Python: <c>initializer</c>.)
    /// </summary>
    [IgnoreMember] // a delegate travels only as the argument of a call
    public Action? Initializer { get; init; }

    /// <summary>
    /// How many workers in a row may fail to become ready until the pool breaks, 1 or more: their initializer throws, or they crash or
    /// exit. Ten times as many if somebody kills them, or the system does for want of memory. 3 unless set.
    /// </summary>
    public int StartAttempts
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 3;

    /// <summary>
    /// After how many tasks a worker is replaced by a new one, 1 or more; a chunk counts as one. Never unless set.
    /// (Python: <c>maxtasksperchild</c>.)
    /// </summary>
    public int? TasksPerWorker
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(value));
            field = value;
        }
    }

    /// <summary>Above how many bytes of memory (RSS) a worker is replaced when its task has ended. Unlimited unless set.</summary>
    public long? MaximumMemory
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(value));
            field = value;
        }
    }

    /// <summary>After how long without a task a worker ends; it is started again when there is work. Never unless set.</summary>
    public TimeSpan? IdleTimeout
    {
        get;
        init
        {
            ThrowUnlessPositive(value);
            field = value;
        }
    }

    /// <summary>
    /// How often a task is run again whose worker died while it ran, 0 or more. 0 unless set: such a task fails with
    /// <see cref="Processes.WorkerDiedException"/>. A task that throws is never run again, nor is one that hands over a connection.
    /// </summary>
    public int Retries
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>
    /// How long a task may run; it fails with <see cref="TimeoutException"/> then, also if it returns, or throws something else, before
    /// its <see cref="CancellationGrace"/> is over. Unlimited unless set.
    /// </summary>
    public TimeSpan? TaskTimeout
    {
        get;
        init
        {
            ThrowUnlessPositive(value);
            field = value;
        }
    }

    /// <summary>
    /// How long a running task that takes a <see cref="CancellationToken"/> is given to end once it is cancelled or out of time;
    /// then its worker is killed and replaced. One that takes none is not asked. One second unless set, 49 days at most.
    /// </summary>
    public TimeSpan CancellationGrace
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, s_longest);
            field = value;
        }
    } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A task that has been running, or a worker that has been starting, for so long is told of: to the library's log, as a warning, and
    /// to <see cref="Diagnostics"/>; and once more after four times as long, with where the whole pool is. One minute unless set;
    /// <see langword="null"/> for never.
    /// </summary>
    public TimeSpan? ReportAfter
    {
        get;
        init
        {
            ThrowUnlessPositive(value);
            field = value;
        }
    } = TimeSpan.FromMinutes(1);

    /// <summary>Told of tasks and starts that take long; see <see cref="ReportAfter"/>. Called by a thread of the thread pool.</summary>
    [IgnoreMember]
    public IProgress<PoolDiagnosis>? Diagnostics { get; init; }

    internal static void ThrowUnlessPositive(TimeSpan? value)
    {
        if (value is { } given && (given <= TimeSpan.Zero || given > s_longest))
        {
            throw new ArgumentOutOfRangeException(
                nameof(value), given, "A limit of time must be more than zero and at most 49 days; leave it unset for none.");
        }
    }
}
