using System.Runtime.CompilerServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Channels;

/// <content>The consumers' side.</content>
internal sealed unsafe partial class QueueRing
{
    /// <summary>Takes one item of fixed size if there is one and nobody else is taking. Never waits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RingStatus TryTake<T>(out T value, CancellationToken cancellationToken)
    {
        Unsafe.SkipInit(out value);
        if (!_headLock.TryTakeNow(cancellationToken))
        {
            return RingStatus.Contended;
        }

        CrashPoint.Reach("queue.take.locked");
        RingStatus status = RingStatus.Done;
        var head = new RingPosition(_state->Head);
        if (head.Packed != _state->KnownTail || (status = LookForItems(head)) == RingStatus.Done)
        {
            value = Unsafe.ReadUnaligned<T>(_ring + ((nuint)(head.Units & (_units - 1)) * (nuint)Unsafe.SizeOf<T>()));
            Take(head.Advance(1, 1), 1);
        }

        _headLock.Release();
        CrashPoint.Reach("queue.take.unlocked");
        Room.Wake();
        return status;
    }

    /// <summary>Takes up to <paramref name="maximum"/> items if there are any and nobody else is taking. Never waits.</summary>
    public RingStatus TryTake(RecordBuffer into, int maximum, CancellationToken cancellationToken) =>
        _headLock.TryTakeNow(cancellationToken) ? TakeAndUnlock(into, maximum) : RingStatus.Contended;

    /// <summary>The caller holds the head's lock.</summary>
    private RingStatus TakeAndUnlock(RecordBuffer into, int maximum)
    {
        CrashPoint.Reach("queue.take.locked");
        RingStatus status = RingStatus.Done;
        try
        {
            var head = new RingPosition(_state->Head);
            if (head.Packed != _state->KnownTail || (status = LookForItems(head)) == RingStatus.Done)
            {
                TakeSome(head, into, maximum);
            }
        }
        finally
        {
            _headLock.Release();
        }

        CrashPoint.Reach("queue.take.unlocked");
        Room.Wake();
        return status;
    }

    private void TakeSome(RingPosition head, RecordBuffer into, int maximum)
    {
        RingPosition next = head;
        uint items = 0;
        do
        {
            AdoptExtent(next.Units);
            next = next.Advance(1, UnitsAt(next.Units));
            items++;
        }
        while (items < maximum && (next.Packed != _state->KnownTail || LookForItems(next) == RingStatus.Done));

        int length = (int)((next.Units - head.Units) * _unitSize);
        CopyOut(head.Units, into.GetSpan(length)[..length]);
        into.Advance(length);
        Take(next, items);
    }

    /// <summary>Looks whether there are items behind a position now.</summary>
    private RingStatus LookForItems(RingPosition head)
    {
        // Completed first: nothing is put after it is set, so a tail that is read afterwards is the last one.
        bool isCompleted = IsCompleted;
        ulong tail = Volatile.Read(ref _state->Tail);
        _state->KnownTail = tail;
        return tail != head.Packed ? RingStatus.Done : isCompleted ? RingStatus.Completed : RingStatus.NotReady;
    }

    /// <summary>Takes what lies before <paramref name="next"/>; it has been copied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Take(RingPosition next, uint items)
    {
        QueueMember* member = _member;
        long taken = member->Taken + items;
        Volatile.Write(ref member->NextHead, next.Packed);
        CrashPoint.Reach("queue.take.noting");
        Volatile.Write(ref member->NextTaken, taken);
        CrashPoint.Reach("queue.take.noted");
        Volatile.Write(ref _state->Head, next.Packed);
        CrashPoint.Reach("queue.take.stored");
        Volatile.Write(ref member->Taken, taken);
        CrashPoint.Reach("queue.take.tallied");
    }

    /// <summary>
    /// Completes the tally of a consumer that died while it held the head's lock. The caller has got the lock from it, and
    /// the head has not moved since: it is where the note says if, and only if, the take was made.
    /// </summary>
    private void Mend()
    {
        for (int index = 0; index < MembersUsed; index++)
        {
            QueueMember* member = MemberAt(index);
            if (member->NextTaken == member->Taken)
            {
                continue;
            }

            // One store either way, so that dying here changes nothing: the next one does it again.
            if (member->NextHead == _state->Head)
            {
                Volatile.Write(ref member->Taken, member->NextTaken);
            }
            else
            {
                Volatile.Write(ref member->NextTaken, member->Taken);
            }
        }
    }
}
