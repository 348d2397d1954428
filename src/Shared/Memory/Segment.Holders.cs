using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Memory;

/// <content>Which processes have blocks of the segment: one word each, 0 or the process's identity.</content>
internal sealed unsafe partial class Segment
{
    /// <summary>Beside the identity of a process: it is taking back what a dead holder had. Process numbers leave this bit free.</summary>
    private const ulong Clearing = 1UL << 31;

    private int HoldersUsed => Math.Min(Volatile.Read(ref Header.HoldersUsed), SegmentLayout.Holders);

    /// <summary>How many handles all living processes have to a block.</summary>
    public int CountHandles(int granule)
    {
        int handles = 0;
        for (int holder = 0; holder < HoldersUsed; holder++)
        {
            int count = Volatile.Read(ref Count(holder, granule));
            ulong word = Volatile.Read(ref Word(SegmentLayout.HoldersOffset, holder));
            if (count != 0 && (word & Clearing) == 0 && IdentityOf(word).IsAlive)
            {
                handles += count;
            }
        }

        return handles;
    }

    /// <summary>Takes back the counts and tickets of processes that have ended. Any process may; costs some microseconds per holder.</summary>
    public void RemoveDeadHolders()
    {
        for (int holder = 0; holder < HoldersUsed; holder++)
        {
            ref ulong word = ref Word(SegmentLayout.HoldersOffset, holder);
            ulong seen = Volatile.Read(ref word);
            if (seen == 0 || IdentityOf(seen).IsAlive)
            {
                continue;
            }

            // The CAS makes one process the only one to clear: a second one, slower, would wipe out the counts of whoever claims the
            // word next. If this one is killed while it clears, it is dead in turn, and the next one starts again.
            if (Interlocked.CompareExchange(ref word, ProcessIdentity.Current.Packed | Clearing, seen) == seen)
            {
                CrashPoint.Reach("Segment.RemoveDead.Claimed");
                Clear(holder);
                CrashPoint.Reach("Segment.RemoveDead.Cleared");
                Volatile.Write(ref word, 0);
            }
        }
    }

    private static ProcessIdentity IdentityOf(ulong word) => ProcessIdentity.FromPacked(word & ~Clearing);

    private int ClaimHolder()
    {
        if (TryClaimHolder() is { } holder)
        {
            return holder;
        }

        RemoveDeadHolders();
        return TryClaimHolder() ?? throw new IOException(
            $"{SegmentLayout.Holders} living processes already use this segment of shared memory, and no more can.");
    }

    private int? TryClaimHolder()
    {
        for (int holder = 0; holder < SegmentLayout.Holders; holder++)
        {
            ref ulong word = ref Word(SegmentLayout.HoldersOffset, holder);
            if (Volatile.Read(ref word) != 0 || Interlocked.CompareExchange(ref word, ProcessIdentity.Current.Packed, 0) != 0)
            {
                continue;
            }

            CrashPoint.Reach("Segment.Claim.Claimed");

            // Before the first count: whoever frees looks only at holders below this number.
            int used;
            while ((used = Volatile.Read(ref Header.HoldersUsed)) <= holder)
            {
                _ = Interlocked.CompareExchange(ref Header.HoldersUsed, holder + 1, used);
            }

            return holder;
        }

        return null;
    }

    private void Clear(int holder)
    {
        new Span<ushort>(_base + _layout.CountsOffset + ((long)holder * _layout.CountsStride), _layout.Granules).Clear();
        for (int index = 0; index < SegmentLayout.Tickets; index++)
        {
            ref ulong word = ref Word(SegmentLayout.TicketsOffset, index);
            ulong seen = Volatile.Read(ref word);
            if (seen >> TicketHolderShift == (ulong)holder + 1)
            {
                _ = Interlocked.CompareExchange(ref word, 0, seen);
            }
        }
    }
}
