using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;

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
        if (UnfinishedOf(_member) <= 0 && Totals() is var before && before.Done >= before.Taken)
        {
            // Before it is counted: were this process killed before it has taken the count back, it would stay.
            return false;
        }

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
        _ = Blocking.Result(RemoveDeadAsync(isAsync: false, Deadline.After(TimeSpan.Zero).WithGrace, CancellationToken.None));
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
}
