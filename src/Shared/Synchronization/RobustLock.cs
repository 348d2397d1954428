using System.Runtime.CompilerServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// A lock in shared memory whose holder is a process, and which passes on when that process ends. All other
/// synchronization is made of it. Taking and releasing it uncontended costs one atomic operation each.
/// </summary>
/// <remarks>
/// Contenders of one process queue up at a gate of their own; only the first of them competes with other processes. A
/// process cannot lose one of its threads to a kill, so among them handing over to a single one is safe, and a release
/// wakes one thread per process instead of all. <c>RobustLock.State.cs</c> has the state machine.
/// </remarks>
internal sealed partial class RobustLock
{
    /// <summary>How often a contender looks before it parks: about a microsecond, less than parking and waking cost.</summary>
    private const int Looks = 20;

    private readonly SharedLifetime _lifetime;
    private SemaphoreSlim? _gate;

    /// <summary>The lock at the given address of the lifetime's block.</summary>
    public unsafe RobustLock(SharedLifetime lifetime, RobustLockState* state)
    {
        _lifetime = lifetime;
        _state = state;
    }

    /// <summary>Whether this process holds the lock.</summary>
    public bool IsHeldHere => (Seen & ~Mark) == s_self;

    /// <summary>Whether an attempt to take it would succeed now. Costs a look at the holder's process if there is one.</summary>
    public bool IsAvailable => Seen is var seen && (seen == 0 || !HolderIn(seen).IsAlive);

    /// <summary>Who holds it now; null if nobody.</summary>
    public ProcessIdentity? Holder => Seen is var seen && seen == 0 ? null : HolderIn(seen);

    /// <summary>Who last died holding it.</summary>
    public unsafe Abandonment? LastAbandonment => Volatile.Read(ref _state->Abandoner) is var abandoner && abandoner == 0
        ? null
        : new Abandonment(
            ProcessIdentity.FromPacked(abandoner).ProcessId,
            _state->AbandonerExitCode is var exitCode && exitCode == int.MinValue ? null : exitCode);

    /// <summary>Takes the lock; blocks while another has it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LockResult Acquire(Deadline deadline, CancellationToken cancellationToken) =>
        TryTakeNow(cancellationToken) ? new LockResult(true) : Contend(deadline, cancellationToken);

    /// <summary>Takes the lock; occupies no thread while another has it.</summary>
    public ValueTask<LockResult> AcquireAsync(Deadline deadline, CancellationToken cancellationToken) =>
        TryTakeNow(cancellationToken) ? new(new LockResult(true)) : ContendAsync(isAsync: true, deadline, cancellationToken);

    /// <summary>Takes the lock if it is free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTakeNow(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_lifetime.IsDisposed)
        {
            _lifetime.ThrowIfDisposed();
        }

        if (!TryTake())
        {
            return false;
        }

        CrashPoint.Reach("lock.taken");
        return true;
    }

    /// <summary>The slow half of <see cref="Acquire"/>.</summary>
    public LockResult Contend(Deadline deadline, CancellationToken cancellationToken) =>
        Blocking.Result(ContendAsync(isAsync: false, deadline, cancellationToken));

    /// <summary>Waits until <see cref="IsAvailable"/>, taking nothing.</summary>
    public async Task WaitAvailableAsync(CancellationToken cancellationToken)
    {
        using SharedWait wait = _lifetime.Enter(cancellationToken);
        while (true)
        {
            wait.ThrowIfOver();
            ulong seen = Seen;
            if (seen == 0 || wait.Watch(HolderIn(seen)).HasEnded)
            {
                return;
            }

            if (TryMark(seen))
            {
                await wait.ParkAsync(isAsync: true, Word, (uint)(seen | Mark), Deadline.Infinite).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes the lock after a first attempt has failed.</summary>
    private async ValueTask<LockResult> ContendAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        if (SpinUntilTaken())
        {
            return new LockResult(true);
        }

        using SharedWait wait = _lifetime.Enter(cancellationToken);
        SemaphoreSlim gate = LazyInitializer.EnsureInitialized(ref _gate, static () => new SemaphoreSlim(1));
        bool isFirst = isAsync
            ? await gate.WaitAsync(deadline.Remaining, cancellationToken).ConfigureAwait(false)
            : gate.Wait(deadline.Remaining, cancellationToken);
        if (!isFirst)
        {
            return default;
        }

        try
        {
            while (true)
            {
                wait.ThrowIfOver();
                ulong seen = Seen;
                if (seen == 0)
                {
                    if (TryTake())
                    {
                        return new LockResult(true);
                    }

                    continue;
                }

                // A thread of this process needs no watching: the end of its process is ours.
                if ((seen & ~Mark) != s_self && wait.Watch(HolderIn(seen)) is { HasEnded: true } ended)
                {
                    if (TryTakeOver(seen, ended, out Abandonment abandonment))
                    {
                        return new LockResult(true, abandonment);
                    }

                    continue;
                }

                if (deadline.HasPassed)
                {
                    return default;
                }

                if (TryMark(seen))
                {
                    CrashPoint.Reach("lock.marked");
                    await wait.ParkAsync(isAsync, Word, (uint)(seen | Mark), deadline).ConfigureAwait(false);
                    CrashPoint.Reach("lock.woken");
                }
            }
        }
        finally
        {
            _ = gate.Release();
        }
    }

    private bool SpinUntilTaken()
    {
        for (int look = Environment.ProcessorCount > 1 ? 0 : Looks; look < Looks; look++)
        {
            if (Seen == 0 && TryTake())
            {
                return true;
            }

            Thread.SpinWait(1);
        }

        return false;
    }

    private void ThrowNotHeld() => throw new SynchronizationLockException(Holder is { } holder
        ? $"The lock cannot be released: it is held by {holder}, not by this one ({Environment.ProcessId})."
        : "The lock cannot be released: nobody holds it.");
}
