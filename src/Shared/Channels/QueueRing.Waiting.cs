using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Channels;

/// <content>
/// What may have to wait: for a lock, for an item, for room, for items to be done. Written once for both ways of waiting; told
/// to block, each has completed when it returns.
/// </content>
internal sealed partial class QueueRing
{
    /// <summary>Puts all that is left in the buffer, waiting for room as need be. The buffer knows how far it got, also if this throws.</summary>
    /// <returns>Whether and how it ended.</returns>
    public async ValueTask<RingStatus> PutAsync(
        bool isAsync, RecordBuffer records, RecordBuffer? dropped, Deadline deadline, CancellationToken cancellationToken)
    {
        while (true)
        {
            LockResult taken = await LockAsync(isAsync, _tailLock, deadline.WithGrace, cancellationToken).ConfigureAwait(false);
            if (!taken)
            {
                return RingStatus.NotReady;
            }

            RingStatus status = PutAndUnlock(records, dropped);
            if (status != RingStatus.NotReady
                || !await WaitForRoomAsync(isAsync, UnitsOfFirst(records.Left.Span), deadline, cancellationToken).ConfigureAwait(false))
            {
                return status;
            }
        }
    }

    /// <summary>Takes at least one item, waiting for it as need be, and up to <paramref name="maximum"/>.</summary>
    public async ValueTask<RingStatus> TakeAsync(
        bool isAsync, RecordBuffer into, int maximum, Deadline deadline, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!await WaitReadyAsync(isAsync, deadline, cancellationToken).ConfigureAwait(false))
            {
                return RingStatus.NotReady;
            }

            LockResult taken = await LockAsync(isAsync, _headLock, deadline.WithGrace, cancellationToken).ConfigureAwait(false);
            if (!taken)
            {
                return RingStatus.NotReady;
            }

            if (taken.IsAbandoned)
            {
                Mend();
            }

            RingStatus status = TakeAndUnlock(into, maximum);
            if (status != RingStatus.NotReady)
            {
                return status;
            }
        }
    }

    /// <summary>Waits until there is an item, or there will never be one again.</summary>
    /// <returns>Whether that came about before the deadline.</returns>
    public async ValueTask<bool> WaitReadyAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        if (SpinUntilReady(deadline))
        {
            return true;
        }

        using SharedWait wait = _lifetime.Enter(cancellationToken);
        while (true)
        {
            wait.ThrowIfOver();
            uint seen = Items.Mark();
            if (WatchMembers(wait))
            {
                TryRemoveDead();
            }

            if (IsReady)
            {
                return true;
            }

            if (deadline.HasPassed)
            {
                return false;
            }

            await wait.ParkAsync(isAsync, Items.Word, seen, deadline).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until every item that was put has been marked done or is lost.</summary>
    /// <returns>Whether that came about before the deadline.</returns>
    public async ValueTask<bool> JoinAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        TrackTasks();
        using SharedWait wait = _lifetime.Enter(cancellationToken);
        while (true)
        {
            wait.ThrowIfOver();
            uint seen = Tasks.Mark();
            if (WatchMembers(wait))
            {
                // What those had is lost once they are removed, of which no further news will come here: this cannot be left to
                // others, nor to the next time because somebody is just taking.
                _ = await RemoveDeadAsync(isAsync, deadline.WithGrace, cancellationToken).ConfigureAwait(false);
            }

            LockResult taken = await LockAsync(isAsync, _headLock, deadline.WithGrace, cancellationToken).ConfigureAwait(false);
            if (taken)
            {
                if (taken.IsAbandoned)
                {
                    Mend();
                }

                bool isDone = Unfinished() <= 0;
                _headLock.Release();
                if (isDone)
                {
                    return true;
                }
            }

            if (deadline.HasPassed)
            {
                return false;
            }

            await wait.ParkAsync(isAsync, Tasks.Word, seen, deadline).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until there may be room, or nothing is put any more.</summary>
    private async ValueTask<bool> WaitForRoomAsync(bool isAsync, uint units, Deadline deadline, CancellationToken cancellationToken)
    {
        if (deadline.HasPassed)
        {
            return false;
        }

        var spin = default(BriefSpin);
        while (spin.Once())
        {
            if (MayHaveRoom(units))
            {
                return true;
            }
        }

        using SharedWait wait = _lifetime.Enter(cancellationToken);
        while (true)
        {
            wait.ThrowIfOver();
            uint seen = Room.Mark();
            if (WatchMembers(wait))
            {
                TryRemoveDead();
            }

            if (MayHaveRoom(units))
            {
                return true;
            }

            if (deadline.HasPassed)
            {
                return false;
            }

            await wait.ParkAsync(isAsync, Room.Word, seen, deadline).ConfigureAwait(false);
        }
    }

    private static ValueTask<LockResult> LockAsync(bool isAsync, RobustLock mutex, Deadline deadline, CancellationToken cancellationToken) =>
        isAsync ? mutex.AcquireAsync(deadline, cancellationToken) : new(mutex.Acquire(deadline, cancellationToken));

    private bool SpinUntilReady(Deadline deadline)
    {
        if (IsReady)
        {
            return true;
        }

        if (deadline.HasPassed)
        {
            return false;
        }

        var spin = default(BriefSpin);
        while (spin.Once())
        {
            if (IsReady)
            {
                return true;
            }
        }

        return false;
    }
}
