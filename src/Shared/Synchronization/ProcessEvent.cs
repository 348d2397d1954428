using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// A flag that processes wait for: everybody passes while it is set. The counterpart of <c>multiprocessing.Event</c>, and a
/// <see cref="ManualResetEventSlim"/> between processes.
/// </summary>
/// <remarks>
/// <para>
/// Setting releases everyone who waits at that moment, also if the event is reset before they have woken up. (In Python a
/// reset that comes quickly can send them away empty-handed.)
/// </para>
/// <para>
/// Waiters that are killed leave nothing behind. On Linux a process killed in the middle of <see cref="Set"/> has either
/// set the event and woken all, or done nothing. Elsewhere it may leave waiters asleep until the next <see cref="Set"/> that
/// follows a <see cref="Reset"/>.
/// </para>
/// <para>
/// Setting, resetting and looking cost at most one atomic operation unless somebody waits; then setting costs a system
/// call. All members are safe to call from any thread, except that <see cref="Dispose"/> must not run beside the other
/// members; waits in progress it ends with <see cref="ObjectDisposedException"/>. Can be an argument of a worker, and sent
/// over any connection or queue.
/// </para>
/// </remarks>
[MessagePackFormatter(typeof(SynchronizationFormatter<ProcessEvent>))]
public sealed partial class ProcessEvent : IWaitable, IDisposable, ISharedReference<ProcessEvent>
{
    private readonly SharedLifetime _lifetime;

    /// <summary>Creates an event.</summary>
    /// <param name="isSet">Whether it is set from the beginning.</param>
    /// <exception cref="IOException">The system refused the memory.</exception>
    public ProcessEvent(bool isSet = false)
        : this(SharedBlock.Allocate((nuint)ByteSize))
    {
        if (isSet)
        {
            Set();
        }
    }

    private ProcessEvent(SharedBlock block)
    {
        _lifetime = new SharedLifetime(block, this);
    }

    /// <summary>Whether the event is set now. Does not block.</summary>
    public bool IsSet => IsSetIn(Seen);

    /// <inheritdoc/>
    /// <remarks>Ready is an event that is set.</remarks>
    bool IWaitable.IsReady => IsSet;

    /// <summary>Blocks until the event is set.</summary>
    /// <param name="timeout">
    /// How long to wait; <see langword="null"/> or <see cref="Timeout.InfiniteTimeSpan"/> waits for ever, zero or less only looks.
    /// </param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <returns>True if the event was set at any time since the call, false after the time-out.</returns>
    public bool Wait(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return IsSet || Blocking.Result(WaitAsync(isAsync: false, Deadline.After(timeout), cancellationToken));
    }

    /// <summary>Waits until the event is set; occupies no thread.</summary>
    /// <inheritdoc cref="Wait"/>
    public ValueTask<bool> WaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return IsSet ? new ValueTask<bool>(true) : WaitAsync(isAsync: true, Deadline.After(timeout), cancellationToken);
    }

    /// <inheritdoc/>
    Task IWaitable.WaitReadyAsync(CancellationToken cancellationToken) => WaitAsync(timeout: null, cancellationToken).AsTask();

    /// <summary>Gives up this object's share of the event.</summary>
    public void Dispose() => _lifetime.Dispose();

    /// <inheritdoc/>
    public override string ToString() => _lifetime.IsDisposed ? "ProcessEvent (disposed)" : $"ProcessEvent ({(IsSet ? "set" : "not set")})";

    void ISharedReference<ProcessEvent>.WriteReference(ref MessagePackWriter writer) => _lifetime.Block.Write(ref writer);

    static ProcessEvent ISharedReference<ProcessEvent>.ReadReference(ref MessagePackReader reader) => new(SharedBlock.Read(ref reader));

    private async ValueTask<bool> WaitAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        uint first = Seen;
        if (!deadline.HasPassed && BriefSpin.While(Word, first) && HasBeenSet(first, Seen))
        {
            return true;
        }

        using SharedWait wait = _lifetime.Enter(cancellationToken);
        while (true)
        {
            wait.ThrowIfOver();
            uint seen = Seen;
            if (HasBeenSet(first, seen))
            {
                return true;
            }

            if (deadline.HasPassed)
            {
                return false;
            }

            if (TryMark(seen))
            {
                await wait.ParkAsync(isAsync, Word, seen | Mark, deadline).ConfigureAwait(false);
            }
        }
    }
}
