using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Channels;

/// <content>Taking members off that have ended. Lock order: members, tail, head.</content>
internal sealed partial class QueueRing
{
    /// <summary>
    /// Records what members that have ended had and takes them off. To be waited for by whoever needs it done; others give it no
    /// time, and leave it to the next if somebody is in the middle of a put or take.
    /// </summary>
    /// <returns>Whether it was done; false if others hold the locks that it takes for longer than that.</returns>
    private async ValueTask<bool> RemoveDeadAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        if (!await LockAsync(isAsync, _membersLock, deadline, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        try
        {
            // Before settling, which completes their tallies. One that ends later may do so in the middle of a take that has not
            // been tallied: recorded now, it would be told of without that item, and its entry be mended when it is another's.
            List<(int Index, ulong Process)> ended = EndedMembers();
            if (ended.Count == 0)
            {
                return true;
            }

            if (!await SettleAsync(isAsync, deadline, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            CrashPoint.Reach("queue.settled");
            ended.ForEach(member => Remove(member.Index, member.Process));
        }
        finally
        {
            _membersLock.Release();
        }

        Tasks.Wake();
        return true;
    }

    /// <summary>Removes who has ended unless that would mean to wait. For those whom it does not matter to whether it is done now.</summary>
    private void TryRemoveDead() => Blocking.Result(RemoveDeadAsync(isAsync: false, Deadline.After(TimeSpan.Zero), CancellationToken.None));

    /// <summary>
    /// Mends what dead members left at the head, and frees the extents that nobody knows of any more. False if others hold the
    /// locks that it takes.
    /// </summary>
    private async ValueTask<bool> SettleAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        bool freesExtents = Extents is { HaveBeenUsed: true };
        if (freesExtents && !await LockAsync(isAsync, _tailLock, deadline, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        try
        {
            LockResult head = await LockAsync(isAsync, _headLock, deadline, cancellationToken).ConfigureAwait(false);
            if (!head)
            {
                return false;
            }

            try
            {
                if (head.IsAbandoned)
                {
                    Mend();
                }

                if (freesExtents)
                {
                    Extents!.FreeOrphans(KnownExtents());
                }
            }
            finally
            {
                _headLock.Release();
            }

            return true;
        }
        finally
        {
            if (freesExtents)
            {
                _tailLock.Release();
            }
        }
    }

    private unsafe List<(int Index, ulong Process)> EndedMembers()
    {
        List<(int Index, ulong Process)> ended = [];
        for (int index = 0; index < MembersUsed; index++)
        {
            ulong process = Volatile.Read(ref MemberAt(index)->Process);
            if (process != 0 && !IdentityOf(process).IsAlive)
            {
                ended.Add((index, process));
            }
        }

        return ended;
    }

    /// <summary>
    /// Records the loss and frees the entry; under the members' lock. Each store can be the last one of a process that is
    /// killed here: the next one then finds the record, changes nothing in it, and goes on.
    /// </summary>
    private unsafe void Remove(int index, ulong process)
    {
        QueueMember* member = MemberAt(index);
        if ((process & Joining) == 0 && IsLoss(member))
        {
            QueueLossEntry* entry = FindLoss(index, process);
            if (entry is null)
            {
                int number = _state->Losses;
                entry = LossAt(number);
                entry->Process = process;
                entry->Member = index;
                entry->ExitCode = ProcessWatch.On(IdentityOf(process)).ExitCode ?? int.MinValue;
                entry->Taken = member->Taken - member->TakenBefore;
                entry->Done = member->Done - member->DoneBefore;
                CrashPoint.Reach("queue.loss.written");
                Volatile.Write(ref _state->Losses, number + 1);
                CrashPoint.Reach("queue.loss.recorded");
            }

            // What is lost is nobody's task any more.
            Volatile.Write(ref member->Done, member->DoneBefore + Math.Max(entry->Taken, entry->Done));
            CrashPoint.Reach("queue.loss.settled");
        }

        Volatile.Write(ref member->Process, 0);
    }

    private static unsafe bool IsLoss(QueueMember* member) => member->Left switch
    {
        QueueLeaving.Not => true,
        QueueLeaving.WithItemsMarked => UnfinishedOf(member) > 0,
        _ => false,
    };

    private unsafe QueueLossEntry* FindLoss(int index, ulong process)
    {
        int count = _state->Losses;
        for (int number = Math.Max(0, count - QueueLayout.Losses); number < count; number++)
        {
            QueueLossEntry* entry = LossAt(number);
            if (entry->Process == process && entry->Member == index)
            {
                return entry;
            }
        }

        return null;
    }
}
