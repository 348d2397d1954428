using System.Runtime.CompilerServices;

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

    /// <summary>The extents that records tell of; with both locks held.</summary>
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
