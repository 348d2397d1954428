using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Channels;

/// <content>Which items are done, and which were lost with the process that had taken them.</content>
internal sealed unsafe partial class QueueRing
{
    /// <summary>Marks an item done that was taken before.</summary>
    /// <returns>Whether there was one.</returns>
    public bool TryMarkDone()
    {
        _lifetime.ThrowIfDisposed();
        TrackTasks();
        _ = Interlocked.Increment(ref _member->Done);
        CrashPoint.Reach("queue.done.counted");
        (long taken, long done) = Totals();
        if (done > taken)
        {
            _ = Interlocked.Decrement(ref _member->Done);
            return false;
        }

        // A take in progress is counted too low here, so at worst those who wait look once for nothing.
        if (done == taken && Count == 0)
        {
            Tasks.Wake();
        }

        return true;
    }

    /// <summary>The losses from number <paramref name="first"/> on, as far as they are remembered.</summary>
    /// <param name="first">Counted from 0; becomes the number of the next one to come.</param>
    public IReadOnlyList<QueueLoss> LossesFrom(ref int first)
    {
        _lifetime.ThrowIfDisposed();
        RemoveDead();
        int count = Volatile.Read(ref _state->Losses);
        var losses = new List<QueueLoss>();
        for (int number = Math.Max(first, count - QueueLayout.Losses); number < count; number++)
        {
            QueueLossEntry entry = *LossAt(number);
            int? exitCode = entry.ExitCode == int.MinValue ? null : entry.ExitCode;
            losses.Add(new QueueLoss(IdentityOf(entry.Process).ProcessId, exitCode, entry.Taken, entry.Done));
        }

        first = count;
        return losses;
    }

    private static long UnfinishedOf(QueueMember* member) =>
        Volatile.Read(ref member->Taken) - member->TakenBefore - (Volatile.Read(ref member->Done) - member->DoneBefore);

    private void TrackTasks() => Volatile.Write(ref _state->TracksTasks, 1);

    private QueueLossEntry* LossAt(int number) =>
        (QueueLossEntry*)((byte*)_state + QueueLayout.LossesOffset) + (number % QueueLayout.Losses);

    /// <summary>All items that were ever taken, and all that were marked done. Done first, which can then only be too low.</summary>
    private (long Taken, long Done) Totals()
    {
        long taken = 0;
        long done = 0;
        int used = MembersUsed;
        for (int index = 0; index < used; index++)
        {
            done += Volatile.Read(ref MemberAt(index)->Done);
        }

        for (int index = 0; index < used; index++)
        {
            taken += Volatile.Read(ref MemberAt(index)->Taken);
        }

        return (taken, done);
    }

    /// <summary>How many items are there or were taken and are not done. Exact under the head's lock.</summary>
    private long Unfinished()
    {
        (long taken, long done) = Totals();
        return Count + taken - done;
    }

    /// <summary>
    /// Records the loss and frees the entry; under the members' lock. Each store can be the last one of a process that is
    /// killed here: the next one then finds the record, changes nothing in it, and goes on.
    /// </summary>
    private void Remove(int index, ulong process)
    {
        QueueMember* member = MemberAt(index);
        if ((process & Joining) == 0)
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

    private QueueLossEntry* FindLoss(int index, ulong process)
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
