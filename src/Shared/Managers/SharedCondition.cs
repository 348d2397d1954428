using System.Diagnostics;
using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// Lets processes wait, with a lock released, until another says that something has changed. Kept by a manager's server. The
/// counterpart of Python's <c>manager.Condition()</c>.
/// </summary>
/// <remarks>
/// The lock is the one that it was created on, or a recursive one of its own. Like that, it belongs to a thread, so waiting has no
/// awaitable form. A waiter that is killed is forgotten. Time-outs: <see langword="null"/> waits for ever, zero or less only tries.
/// </remarks>
[MessagePackFormatter(typeof(ManagerProxyFormatter<SharedCondition>))]
public sealed class SharedCondition : ManagerProxy, ISharedProxy<SharedCondition>, IReleasable
{
    private SharedCondition(SharedReference reference)
        : base(reference)
    {
    }

    static string ISharedProxy<SharedCondition>.TypeName => "condition";

    private static ulong Thread => (ulong)Environment.CurrentManagedThreadId;

    /// <summary>Acquires the lock.</summary>
    /// <inheritdoc cref="SharedRecursiveLock.Acquire"/>
    public LockResult Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockState.ToResult(Call("acquire", Thread, Milliseconds(timeout)).Within(timeout, new LateRelease(Number, Thread)).Result<long>(cancellationToken));

    /// <summary>Releases the lock.</summary>
    /// <inheritdoc cref="SharedRecursiveLock.Release"/>
    public void Release() => Call("release", Thread).Wait();

    /// <summary>Acquires the lock until the returned value is disposed of, on the same thread.</summary>
    /// <exception cref="TimeoutException">The lock was not to be had in time.</exception>
    public LockHold Hold(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockHold.Of(this, Acquire(timeout, cancellationToken), timeout);

    /// <summary>Releases the lock, waits to be notified, and acquires the lock again, however the wait ends.</summary>
    /// <returns>Whether it was notified; false after the time-out.</returns>
    /// <exception cref="SynchronizationLockException">The caller does not hold the lock.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool Wait(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Call("wait", Thread, Milliseconds(timeout)).HoweverLong().Result<long>(cancellationToken) != 0;

    /// <summary>Waits, again and again, until a predicate holds. It is evaluated here, with the lock held.</summary>
    /// <returns>What it said last; false after the time-out.</returns>
    /// <inheritdoc cref="Wait"/>
    public bool WaitFor(Func<bool> predicate, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        long start = Stopwatch.GetTimestamp();
        bool holds = predicate();
        while (!holds)
        {
            TimeSpan? left = timeout is not { } limit || limit == Timeout.InfiniteTimeSpan ? null : limit - Stopwatch.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            _ = Wait(left, cancellationToken);
            holds = predicate();
        }

        return true;
    }

    /// <summary>Lets waiters go on, up to <paramref name="count"/>, those first that came first.</summary>
    /// <exception cref="SynchronizationLockException">The caller does not hold the lock.</exception>
    public void Notify(int count = 1) => Call("notify", Thread, (long)count).Wait();

    /// <summary>Lets all waiters go on.</summary>
    /// <exception cref="SynchronizationLockException">The caller does not hold the lock.</exception>
    public void NotifyAll() => Call("notify", Thread, long.MaxValue).Wait();

    static SharedCondition ISharedProxy<SharedCondition>.From(SharedReference reference) => new(reference);
}
