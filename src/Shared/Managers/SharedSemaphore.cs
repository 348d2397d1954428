using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// A count that processes acquire and release, kept by a manager's server, with a maximum or without. The counterpart of Python's
/// <c>manager.Semaphore()</c> and <c>BoundedSemaphore()</c>.
/// </summary>
/// <remarks>
/// What a process has acquired and not released comes back when its connection ends, however it does. One process may release
/// what another has acquired. Waiters are served in the order in which they came. Time-outs: <see langword="null"/> waits for
/// ever, zero or less only tries.
/// </remarks>
[MessagePackFormatter(typeof(ManagerProxyFormatter<SharedSemaphore>))]
public sealed class SharedSemaphore : ManagerProxy, ISharedProxy<SharedSemaphore>, IReleasable
{
    private const ulong One = 1;

    private SharedSemaphore(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>How many are free now; only a hint, since it may change at any time.</summary>
    public int CurrentCount => Call("count").Result<int>();

    static string ISharedProxy<SharedSemaphore>.TypeName => "semaphore";

    /// <summary>Acquires one. Blocks while none is free.</summary>
    /// <returns>Whether it was acquired in time.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing was acquired.</exception>
    public bool Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Call("acquire", Milliseconds(timeout)).Within(timeout, new LateRelease(Number, One)).Result<bool>(cancellationToken);

    /// <summary>The awaitable twin of <see cref="Acquire"/>.</summary>
    /// <inheritdoc cref="Acquire"/>
    public Task<bool> AcquireAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        CallAsync("acquire", Milliseconds(timeout)).Within(timeout, new LateRelease(Number, One)).ResultAsync<bool>(cancellationToken);

    /// <summary>Releases some and returns how many were free before.</summary>
    /// <param name="count">How many; 1 at least.</param>
    /// <exception cref="SemaphoreFullException">There would be more than the maximum; nothing is changed.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    public int Release(int count) => Call("release", count).Result<int>();

    /// <summary>The awaitable twin of <see cref="Release(int)"/>.</summary>
    /// <inheritdoc cref="Release(int)"/>
    public Task<int> ReleaseAsync(int count = 1, CancellationToken cancellationToken = default) =>
        CallAsync("release", count).ResultAsync<int>(cancellationToken);

    /// <summary>Releases one.</summary>
    /// <exception cref="SemaphoreFullException">There would be more than the maximum; nothing is changed.</exception>
    public void Release() => Release(1);

    /// <summary>Acquires one until the returned value is disposed of.</summary>
    /// <exception cref="TimeoutException">None was to be had in time.</exception>
    public LockHold Hold(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockHold.Of(this, new LockResult(Acquire(timeout, cancellationToken)), timeout);

    /// <summary>The awaitable twin of <see cref="Hold"/>.</summary>
    /// <inheritdoc cref="Hold"/>
    public async ValueTask<LockHold> HoldAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockHold.Of(this, new LockResult(await AcquireAsync(timeout, cancellationToken).ConfigureAwait(false)), timeout);

    static SharedSemaphore ISharedProxy<SharedSemaphore>.From(SharedReference reference) => new(reference);
}
