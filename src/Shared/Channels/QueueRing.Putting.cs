using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Channels;

/// <content>The producers' side.</content>
internal sealed unsafe partial class QueueRing
{
    /// <summary>Puts one item of fixed size if there is room and nobody else is putting. Never waits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RingStatus TryPut<T>(T value, CancellationToken cancellationToken)
    {
        if (!_tailLock.TryTakeNow(cancellationToken))
        {
            return RingStatus.Contended;
        }

        CrashPoint.Reach("queue.put.locked");
        RingStatus status = RingStatus.Completed;
        if (_state->Completed == 0)
        {
            var tail = new RingPosition(_state->Tail);
            status = RingStatus.NotReady;
            if (HasRoom(tail, 1))
            {
                Unsafe.WriteUnaligned(_ring + ((nuint)(tail.Units & (_units - 1)) * (nuint)Unsafe.SizeOf<T>()), value);
                Publish(tail.Advance(1, 1));
                status = RingStatus.Done;
            }
        }

        _tailLock.Release();
        CrashPoint.Reach("queue.put.unlocked");
        Items.Wake();
        return status;
    }

    /// <summary>Puts what there is room for; the caller holds the tail's lock. The buffer knows what is in, also if this throws.</summary>
    private RingStatus PutAndUnlock(RecordBuffer records, RecordBuffer? dropped)
    {
        ReadOnlySpan<byte> left = records.Left.Span;
        try
        {
            return PutAndUnlock(ref left, dropped);
        }
        finally
        {
            records.MarkPut(records.Left.Length - left.Length);
        }
    }

    private RingStatus PutAndUnlock(ref ReadOnlySpan<byte> records, RecordBuffer? dropped)
    {
        CrashPoint.Reach("queue.put.locked");
        RingStatus status = RingStatus.Completed;
        try
        {
            if (_state->Completed == 0)
            {
                while ((status = PutSome(ref records)) == RingStatus.NotReady && _fullMode != QueueFullMode.Wait)
                {
                    Drop(ref records, dropped);
                }
            }
        }
        finally
        {
            _tailLock.Release();
        }

        CrashPoint.Reach("queue.put.unlocked");
        Items.Wake();
        return status;
    }

    /// <summary>Puts what fits, with one store.</summary>
    private RingStatus PutSome(ref ReadOnlySpan<byte> records)
    {
        var tail = new RingPosition(_state->Tail);
        RingPosition next = tail;
        int bytes = 0;
        while (bytes < records.Length)
        {
            uint units = UnitsOfFirst(records[bytes..]);
            if (!HasRoom(next, units))
            {
                break;
            }

            next = next.Advance(1, units);
            bytes += (int)(units * _unitSize);
        }

        if (bytes > 0)
        {
            CopyIn(tail.Units, records[..bytes]);
            Publish(next);
            records = records[bytes..];
        }

        return records.IsEmpty ? RingStatus.Done : RingStatus.NotReady;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Publish(RingPosition next)
    {
        CrashPoint.Reach("queue.put.written");
        Volatile.Write(ref _state->Tail, next.Packed);
        CrashPoint.Reach("queue.put.published");
    }

    /// <summary>Whether one more item of so many units fits behind a tail. Under the tail's lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool HasRoom(RingPosition tail, uint units) =>
        Fits(tail, new RingPosition(_state->KnownHead), units) || HasRoomNow(tail, units);

    private bool HasRoomNow(RingPosition tail, uint units)
    {
        _state->KnownHead = Volatile.Read(ref _state->Head);
        return Fits(tail, new RingPosition(_state->KnownHead), units);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Fits(RingPosition tail, RingPosition head, uint units) =>
        tail.Units - head.Units + units <= _units && tail.Items - head.Items < _maximumItems;

    private uint UnitsOfFirst(ReadOnlySpan<byte> records) =>
        _itemsAreUnits ? 1 : QueueRecord.UnitsFor(MemoryMarshal.Read<uint>(records));

    /// <summary>Whether there is room, as far as can be told without the lock: tail first, so that the head is the newer one.</summary>
    private bool MayHaveRoom(uint units)
    {
        var tail = new RingPosition(Volatile.Read(ref _state->Tail));
        var head = new RingPosition(Volatile.Read(ref _state->Head));
        return Fits(tail, head, units) || (int)(tail.Items - head.Items) < 0 || IsCompleted;
    }
}
