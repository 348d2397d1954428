using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Synchronization;

/// <summary>A lock, or one count of a semaphore, held until the end of a <c>using</c> or <c>await using</c> block.</summary>
/// <remarks>Disposing of it twice releases twice, as with any copy of it: leave that to the <c>using</c> statement.</remarks>
[StaysHere("pass on the lock, and enter it there")]
public readonly struct LockHold : IDisposable, IAsyncDisposable, IEquatable<LockHold>
{
    private readonly IReleasable? _held;

    internal LockHold(IReleasable held, Abandonment? abandonment)
    {
        _held = held;
        Abandonment = abandonment;
    }

    /// <summary>Who died holding the lock before; see <see cref="LockResult.Abandonment"/>.</summary>
    public Abandonment? Abandonment { get; }

    /// <summary>Whether two values stand for the same lock or semaphore.</summary>
    public static bool operator ==(LockHold left, LockHold right) => left.Equals(right);

    /// <summary>Whether two values stand for different locks or semaphores.</summary>
    public static bool operator !=(LockHold left, LockHold right) => !left.Equals(right);

    internal static LockHold Of(IReleasable held, LockResult result, TimeSpan? timeout) =>
        result.IsAcquired
            ? new LockHold(held, result.Abandonment)
            : throw new TimeoutException($"{held} could not be acquired within {timeout}.");

    internal static async ValueTask<LockHold> OfAsync(IReleasable held, ValueTask<LockResult> result, TimeSpan? timeout) =>
        Of(held, await result.ConfigureAwait(false), timeout);

    /// <summary>Releases what is held.</summary>
    public void Dispose() => _held?.Release();

    /// <summary>
    /// Releases what is held, and has done so when it returns: at once, but that of a manager's lock or semaphore only when its server has
    /// answered, for which it blocks as <see cref="Dispose"/> does.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public bool Equals(LockHold other) => ReferenceEquals(_held, other._held);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is LockHold other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _held?.GetHashCode() ?? 0;
}
