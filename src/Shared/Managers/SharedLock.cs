using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>Mutual exclusion by a manager's server, also across machines. The counterpart of Python's <c>manager.Lock()</c>.</summary>
/// <remarks>
/// The lock belongs to the process that acquired it: any of its threads may release it, another process may not. Waiters get it
/// in the order in which they came. When the owner's connection ends, however it does, the lock passes on, and the next owner
/// learns of it from <see cref="LockResult.Abandonment"/>. Acquiring costs a message each way; processes of one machine that want
/// speed use <c>ProcessLock</c> instead. Time-outs: <see langword="null"/> waits for ever, zero or less only tries.
/// </remarks>
[MessagePackFormatter(typeof(ManagerProxyFormatter<SharedLock>))]
public sealed class SharedLock : ManagerProxy, ISharedProxy<SharedLock>, IReleasable
{
    private const ulong NoFlow = 0;

    private SharedLock(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>Whether somebody holds it now; only a hint, since it may change at any time.</summary>
    public bool IsHeld => Call("is_held").Result<bool>();

    static string ISharedProxy<SharedLock>.TypeName => "lock";

    /// <summary>Acquires the lock. Blocks while another process holds it, or this one does.</summary>
    /// <returns>True, or false after the time-out; and who died holding it, if that is how it came to the caller.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; the lock was not acquired.</exception>
    public LockResult Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockState.ToResult(Call("acquire", NoFlow, Milliseconds(timeout)).Within(timeout, new LateRelease(Number, NoFlow)).Result<long>(cancellationToken));

    /// <summary>The awaitable twin of <see cref="Acquire"/>.</summary>
    /// <inheritdoc cref="Acquire"/>
    public async ValueTask<LockResult> AcquireAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockState.ToResult(await CallAsync("acquire", NoFlow, Milliseconds(timeout)).Within(timeout, new LateRelease(Number, NoFlow)).ResultAsync<long>(cancellationToken).ConfigureAwait(false));

    /// <summary>Releases the lock.</summary>
    /// <exception cref="SynchronizationLockException">This process does not hold it.</exception>
    public void Release() => Call("release", NoFlow).Wait();

    /// <summary>The awaitable twin of <see cref="Release"/>.</summary>
    /// <inheritdoc cref="Release"/>
    public Task ReleaseAsync(CancellationToken cancellationToken = default) => CallAsync("release", NoFlow).WaitAsync(cancellationToken);

    /// <summary>Acquires the lock until the returned value is disposed of.</summary>
    /// <exception cref="TimeoutException">The lock was not to be had in time.</exception>
    public LockHold Hold(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockHold.Of(this, Acquire(timeout, cancellationToken), timeout);

    /// <summary>The awaitable twin of <see cref="Hold"/>.</summary>
    /// <inheritdoc cref="Hold"/>
    public ValueTask<LockHold> HoldAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockHold.OfAsync(this, AcquireAsync(timeout, cancellationToken), timeout);

    static SharedLock ISharedProxy<SharedLock>.From(SharedReference reference) => new(reference);
}
