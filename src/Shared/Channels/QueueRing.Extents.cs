using System.Runtime.CompilerServices;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Channels;

/// <content>
/// Items that are larger than the ring lie behind it, as extents, and belong to the queue: neither their producer's end nor
/// their consumer's loses what is in the queue. An extent is known while its record is between head and tail. Before and after
/// that it has an owner, whose death makes it nobody's:
/// <code>
///  put:   write the extent, owned by the producer ─► put its record ─► (the producer may end)
///  take:  lock the head ─► adopt the extent ─► store the head ─► unlock ─► read the extent ─► free it
/// </code>
/// The consumer adopts before it takes: if it dies in between, the record is still there and the next one adopts. If it dies
/// later, the extent is a dead process's that no record tells of, and so is that of a producer which dies before it has put the
/// record. Whoever finds a death frees those, with both locks held, so that records and owners stand still.
/// </content>
internal sealed unsafe partial class QueueRing
{
    /// <summary>Makes the extent of the item at a position, if it has one, this process's. Under the head's lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AdoptExtent(uint position)
    {
        if (Extents is { } extents && KindAt(position) == QueueRecordKind.Extent)
        {
            extents.Adopt(ExtentAt(position).Offset);
        }
    }

    private QueueRecordKind KindAt(uint position) => Unsafe.ReadUnaligned<QueueRecordKind>(UnitAt(position) + sizeof(int));

    private QueueExtent ExtentAt(uint position)
    {
        QueueExtent extent;
        CopyOut(position + 1, new Span<byte>(&extent, sizeof(QueueExtent)));
        return extent;
    }

    /// <summary>
    /// Mends what dead members left at the head, and frees the extents that nobody knows of any more. False if others hold the
    /// locks that it takes.
    /// </summary>
    private bool TrySettle()
    {
        if (Extents is not { HaveBeenUsed: true } extents || !AnyMemberHasEnded)
        {
            return TrySettleHead(null);
        }

        if (!_tailLock.Acquire(Deadline.After(TimeSpan.Zero), CancellationToken.None))
        {
            return false;
        }

        try
        {
            return TrySettleHead(extents);
        }
        finally
        {
            _tailLock.Release();
        }
    }

    private bool AnyMemberHasEnded
    {
        get
        {
            for (int index = 0; index < MembersUsed; index++)
            {
                ulong process = Volatile.Read(ref MemberAt(index)->Process);
                if (process != 0 && !IdentityOf(process).IsAlive)
                {
                    return true;
                }
            }

            return false;
        }
    }

    private bool TrySettleHead(SharedExtents? extents)
    {
        LockResult head = _headLock.Acquire(Deadline.After(TimeSpan.Zero), CancellationToken.None);
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

            extents?.FreeOrphans(KnownExtents());
            return true;
        }
        finally
        {
            _headLock.Release();
        }
    }

    private HashSet<long> KnownExtents()
    {
        var known = new HashSet<long>();
        var tail = new RingPosition(_state->Tail);
        for (var position = new RingPosition(_state->Head); position != tail; position = position.Advance(1, UnitsAt(position.Units)))
        {
            if (KindAt(position.Units) == QueueRecordKind.Extent)
            {
                _ = known.Add(ExtentAt(position.Units).Offset);
            }
        }

        return known;
    }
}
