using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// Lets processes wait, with a lock released meanwhile, until another says that something has changed. The counterpart of
/// <c>multiprocessing.Condition</c>, and of <see cref="Monitor.Wait(object)"/> and <see cref="Monitor.Pulse"/>.
/// </summary>
/// <remarks>
/// <para>
/// Notifying wakes those that have waited longest, never waits for anybody, and is not swallowed by a waiter that was
/// killed: a notification that a process did not live to act on goes to the next. In that one case a waiter may also be
/// woken once too often, so wait for a predicate (<see cref="WaitFor"/>), as is good practice anyway.
/// </para>
/// <para>
/// The death of the lock's holder is told by the lock; who gets the lock back at the end of a wait finds it in the lock's
/// <see cref="ProcessLock.LastAbandonment"/>.
/// </para>
/// <para>
/// A wait and a notification cost one system call each. At most 256 waits can be in progress on a condition. All members
/// are safe to call from any thread, except that <see cref="Dispose"/> must not run beside the other members; waits in
/// progress it ends with <see cref="ObjectDisposedException"/>. Can be an argument of a worker, and sent over any
/// connection or queue; its lock goes with it.
/// </para>
/// </remarks>
[MessagePackFormatter(typeof(SynchronizationFormatter<ProcessCondition>))]
public sealed partial class ProcessCondition : IDisposable, ISharedReference<ProcessCondition>
{
    /// <summary>How many waits can be in progress at a time.</summary>
    private const int MaximumWaiters = 256;

    private readonly SharedLifetime _lifetime;
    private readonly IConditionLock _lock;

    /// <summary>Creates a condition with a recursive lock of its own.</summary>
    /// <exception cref="IOException">The system refused the memory.</exception>
    public ProcessCondition()
        : this(SharedBlock.Allocate((nuint)ByteSize), new ProcessRecursiveLock(), ownsLock: true)
    {
    }

    /// <summary>Creates a condition on a lock, which may serve other conditions too and is not disposed of with this one.</summary>
    /// <param name="mutex">The lock.</param>
    /// <exception cref="IOException">The system refused the memory.</exception>
    public ProcessCondition(ProcessLock mutex)
        : this((IConditionLock)mutex)
    {
    }

    /// <inheritdoc cref="ProcessCondition(ProcessLock)"/>
    public ProcessCondition(ProcessRecursiveLock mutex)
        : this((IConditionLock)mutex)
    {
    }

    private ProcessCondition(IConditionLock mutex)
        : this(SharedBlock.Allocate((nuint)ByteSize), mutex ?? throw new ArgumentNullException(nameof(mutex)), ownsLock: false)
    {
    }

    private ProcessCondition(SharedBlock block, IConditionLock mutex, bool ownsLock)
    {
        _lifetime = new SharedLifetime(block, this, ownsLock ? mutex : null);
        _lock = mutex;
    }

    /// <summary>Acquires the condition's lock; see <see cref="ProcessLock.Acquire"/> and <see cref="ProcessRecursiveLock.Acquire"/>.</summary>
    /// <inheritdoc cref="ProcessLock.Acquire"/>
    public LockResult Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => _lock.Acquire(timeout, cancellationToken);

    /// <summary>Acquires the condition's lock. Occupies no thread while it waits.</summary>
    /// <inheritdoc cref="ProcessLock.Acquire"/>
    public ValueTask<LockResult> AcquireAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _lock.AcquireAsync(timeout, cancellationToken);

    /// <summary>Releases the condition's lock.</summary>
    /// <exception cref="SynchronizationLockException">The caller does not hold it.</exception>
    public void Release() => _lock.Release();

    /// <summary>Acquires the condition's lock until the returned value is disposed of: <c>using (condition.Hold()) { … }</c>.</summary>
    /// <inheritdoc cref="ProcessLock.Hold"/>
    public LockHold Hold(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockHold.Of(_lock, Acquire(timeout, cancellationToken), timeout);

    /// <summary>Acquires the condition's lock until the returned value is disposed of: <c>await using (await condition.HoldAsync()) { … }</c>.</summary>
    /// <inheritdoc cref="ProcessLock.Hold"/>
    public ValueTask<LockHold> HoldAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockHold.OfAsync(_lock, AcquireAsync(timeout, cancellationToken), timeout);

    /// <summary>
    /// Releases the lock, however often it was acquired, blocks until notified, and acquires the lock again, however long
    /// that takes: the caller holds it after every return and every exception but <see cref="ObjectDisposedException"/>.
    /// </summary>
    /// <param name="timeout">
    /// How long to wait; <see langword="null"/> or <see cref="Timeout.InfiniteTimeSpan"/> waits for ever, zero or less only
    /// lets others have the lock.
    /// </param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>, unless it was notified first.</param>
    /// <returns>True if notified, false after the time-out.</returns>
    /// <exception cref="SynchronizationLockException">The caller does not hold the lock.</exception>
    /// <exception cref="InvalidOperationException">256 waits are in progress already.</exception>
    public bool Wait(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotHeld("Wait");
        return Blocking.Result(WaitAsync(isAsync: false, Deadline.After(timeout), cancellationToken));
    }

    /// <summary>The awaitable twin of <see cref="Wait"/>; occupies no thread. Afterwards the asynchronous flow holds the lock.</summary>
    /// <inheritdoc cref="Wait"/>
    public ValueTask<bool> WaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotHeld("WaitAsync");
        _lock.PassToFlow();
        return WaitAsync(isAsync: true, Deadline.After(timeout), cancellationToken);
    }

    /// <summary>Waits until a predicate, called with the lock held, is true.</summary>
    /// <param name="predicate">Called first at once, and then after every notification.</param>
    /// <param name="timeout">As in <see cref="Wait"/>, for all waits together.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <returns>What the predicate said last; false only after the time-out.</returns>
    /// <exception cref="SynchronizationLockException">The caller does not hold the lock.</exception>
    /// <exception cref="InvalidOperationException">256 waits are in progress already.</exception>
    public bool WaitFor(Func<bool> predicate, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        ThrowIfNotHeld("WaitFor");
        return Blocking.Result(WaitForAsync(isAsync: false, predicate, Deadline.After(timeout), cancellationToken));
    }

    /// <summary>The awaitable twin of <see cref="WaitFor"/>; occupies no thread. Afterwards the asynchronous flow holds the lock.</summary>
    /// <inheritdoc cref="WaitFor"/>
    public ValueTask<bool> WaitForAsync(Func<bool> predicate, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        ThrowIfNotHeld("WaitForAsync");
        _lock.PassToFlow();
        return WaitForAsync(isAsync: true, predicate, Deadline.After(timeout), cancellationToken);
    }

    /// <summary>Wakes those that have waited longest. They go on when the caller has released the lock. Never waits.</summary>
    /// <param name="count">How many at most; zero or more. More than there are is no error.</param>
    /// <exception cref="SynchronizationLockException">The caller does not hold the lock.</exception>
    public void Notify(int count = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ThrowIfNotHeld("Notify");
        while (count-- > 0 && NotifyOldest())
        {
        }
    }

    /// <summary>Wakes all that wait. They go on, one by one, when the caller has released the lock. Never waits.</summary>
    /// <exception cref="SynchronizationLockException">The caller does not hold the lock.</exception>
    public void NotifyAll() => Notify(int.MaxValue);

    /// <summary>Gives up this object's share of the condition, and of its lock if it has one of its own.</summary>
    public void Dispose() => _lifetime.Dispose();

    /// <inheritdoc/>
    public override string ToString() => _lifetime.IsDisposed ? "ProcessCondition (disposed)" : $"ProcessCondition on {_lock}";

    void ISharedReference<ProcessCondition>.WriteReference(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(3);
        writer.Write(_lock is ProcessRecursiveLock);
        if (_lock is ProcessRecursiveLock recursive)
        {
            Write(ref writer, recursive);
        }
        else
        {
            Write(ref writer, (ProcessLock)_lock);
        }

        _lifetime.Block.Write(ref writer);
    }

    static ProcessCondition ISharedReference<ProcessCondition>.ReadReference(ref MessagePackReader reader)
    {
        if (reader.ReadArrayHeader() != 3)
        {
            throw new MessagePackSerializationException("A reference to a ProcessCondition must have three parts.");
        }

        IConditionLock mutex = reader.ReadBoolean() ? Read<ProcessRecursiveLock>(ref reader) : Read<ProcessLock>(ref reader);
        return new ProcessCondition(SharedBlock.Read(ref reader), mutex, ownsLock: true);
    }

    private static void Write<T>(ref MessagePackWriter writer, T mutex)
        where T : class, ISharedReference<T> => mutex.WriteReference(ref writer);

    private static T Read<T>(ref MessagePackReader reader)
        where T : class, ISharedReference<T> => T.ReadReference(ref reader);

    private void ThrowIfNotHeld(string member)
    {
        _lifetime.ThrowIfDisposed();
        if (!_lock.IsHeldByCaller)
        {
            throw new SynchronizationLockException($"{member} needs the condition's lock, which the caller does not hold: acquire it first.");
        }
    }

    private async ValueTask<bool> WaitForAsync(bool isAsync, Func<bool> predicate, Deadline deadline, CancellationToken cancellationToken)
    {
        bool isInTime = true;
        while (true)
        {
            if (predicate())
            {
                return true;
            }

            if (!isInTime)
            {
                return false;
            }

            isInTime = await WaitAsync(isAsync, deadline, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> WaitAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        using SharedWait wait = _lifetime.Enter(cancellationToken);
        PassOnFromEnded(wait);
        int index = Enlist();
        while (true)
        {
            LockDepth depth = _lock.ReleaseAll();
            WaitWord word = WordOf(index);
            _ = !deadline.HasPassed && BriefSpin.While(word, 0);
            while (TryMarkParked(index) && !wait.IsOver && !deadline.HasPassed && !IsAnyEnded(wait))
            {
                await wait.ParkAsync(isAsync, word, ParkedMark, deadline).ConfigureAwait(false);
            }

            await _lock.AcquireAgainAsync(isAsync, depth).ConfigureAwait(false);
            PassOnFromEnded(wait);
            if (IsNotified(index) || wait.IsOver || deadline.HasPassed)
            {
                bool wasNotified = Strike(index);
                if (!wasNotified)
                {
                    wait.ThrowIfOver();
                }

                return wasNotified;
            }
        }
    }
}
