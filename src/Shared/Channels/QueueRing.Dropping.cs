using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Channels;

/// <content>What is done for want of room, other than waiting. Under the tail's lock.</content>
internal sealed unsafe partial class QueueRing
{
    /// <summary>Makes room for the first of the records, or gives them up.</summary>
    private void Drop(ref ReadOnlySpan<byte> records, RecordBuffer? dropped)
    {
        if (_fullMode == QueueFullMode.DropWrite)
        {
            for (ReadOnlySpan<byte> left = records; !left.IsEmpty; left = left[(int)(UnitsOfFirst(left) * _unitSize)..])
            {
                _state->Dropped++;
            }

            dropped?.Append(records);
            records = default;
            return;
        }

        // The order tail, head is the only one in which anybody takes both.
        if (_headLock.Acquire(Deadline.Infinite, CancellationToken.None).IsAbandoned)
        {
            Mend();
        }

        try
        {
            var head = new RingPosition(Volatile.Read(ref _state->Head));
            if (_fullMode == QueueFullMode.DropOldest)
            {
                DropFirst(head, dropped);
            }
            else
            {
                DropLast(head, dropped);
            }
        }
        finally
        {
            _headLock.Release();
        }
    }

    private void DropFirst(RingPosition head, RecordBuffer? dropped)
    {
        if (head.Packed == _state->Tail)
        {
            return; // taken meanwhile
        }

        uint units = UnitsAt(head.Units);
        CopyDropped(head.Units, units, dropped);
        _state->Dropped++;

        // The head must not pass what consumers know of the tail: they would take it for being that far behind.
        _state->KnownTail = _state->Tail;
        CrashPoint.Reach("queue.drop.known");
        Volatile.Write(ref _state->Head, head.Advance(1, units).Packed);
        CrashPoint.Reach("queue.drop.taken");
    }

    private void DropLast(RingPosition head, RecordBuffer? dropped)
    {
        var tail = new RingPosition(_state->Tail);
        if (head == tail)
        {
            return;
        }

        RingPosition last = _itemsAreUnits ? new RingPosition(tail.Packed).Advance(uint.MaxValue, uint.MaxValue) : head;
        while (last.Items != tail.Items - 1)
        {
            last = last.Advance(1, UnitsAt(last.Units));
        }

        CopyDropped(last.Units, tail.Units - last.Units, dropped);
        _state->Dropped++;

        // Consumers must not believe in more than there is; and the item must be gone before its place is written to.
        _state->KnownTail = head.Packed;
        CrashPoint.Reach("queue.drop.known-tail");
        Volatile.Write(ref _state->Tail, last.Packed);
        CrashPoint.Reach("queue.drop.unpublished");
    }

    private void CopyDropped(uint position, uint units, RecordBuffer? dropped)
    {
        AdoptExtent(position);
        if (dropped is not null)
        {
            int length = (int)(units * _unitSize);
            CopyOut(position, dropped.GetSpan(length)[..length]);
            dropped.Advance(length);
        }
    }
}
