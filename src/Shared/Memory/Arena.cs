namespace IpcDemos.Shared.Memory;

/// <summary>
/// All segments that this process has mapped, each once: those it created, where it allocates, and those of others, where it only
/// attaches. Small blocks share segments; a large one has its own.
/// </summary>
/// <remarks>All members are safe to call from any thread; one lock guards them all, held for well under a microsecond as a rule.</remarks>
internal static class Arena
{
    /// <summary>Blocks of more bytes than this get a segment of their own.</summary>
    public const int LargestShared = 256 * 1024;

    private static readonly TimeSpan s_shortestCheck = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longestCheck = TimeSpan.FromSeconds(10);

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<Guid, Segment> s_segments = [];
    private static readonly List<OwnArena> s_arenas = [];

    // Holds without a handle, for the sake of references that were written and not yet read.
    private static readonly HashSet<BlockHold> s_awaited = [];
    private static readonly Timer s_check = new(static _ => CheckAwaited());
    private static TimeSpan s_nextCheck = s_shortestCheck;

    public static BlockHold Allocate(nuint size)
    {
        lock (s_lock)
        {
            return size > LargestShared ? AllocateAlone(size, hasExtents: false) : TryAllocateShared(size) ?? AllocateAfterReclaiming(size);
        }
    }

    /// <summary>Takes a block with a segment of its own, behind which there can be <see cref="Segment.Extents"/>.</summary>
    public static BlockHold AllocateExtensible(nuint size)
    {
        lock (s_lock)
        {
            return AllocateAlone(size, hasExtents: true);
        }
    }

    public static void AddHandle(BlockHold hold)
    {
        lock (s_lock)
        {
            RequireHandle(hold);
            hold.AddHandle();
        }
    }

    public static void RemoveHandle(BlockHold hold)
    {
        lock (s_lock)
        {
            if (!hold.RemoveHandle())
            {
                return;
            }

            if (!hold.HasOutstandingTickets())
            {
                Drop(hold);
                return;
            }

            _ = s_awaited.Add(hold);
            s_nextCheck = s_shortestCheck;
            _ = s_check.Change(s_nextCheck, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Names the block for a message. From then on this process keeps it until the message has been read.</summary>
    public static BlockReference Refer(BlockHold hold)
    {
        lock (s_lock)
        {
            RequireHandle(hold);
            Ticket ticket = hold.IssueTicket();
            return new BlockReference(hold.Segment.Id, Environment.ProcessId, hold.Segment.Handle, hold.Segment.Length, hold.Granule, hold.Generation, ticket);
        }
    }

    /// <summary>Attaches to a block named in a message.</summary>
    /// <exception cref="IOException">It is gone.</exception>
    public static BlockHold Attach(in BlockReference reference)
    {
        lock (s_lock)
        {
            if (!s_segments.TryGetValue(reference.Segment, out Segment? segment))
            {
                segment = Segment.Open(reference);
                s_segments.Add(segment.Id, segment);
            }

            try
            {
                BlockHold hold = Attach(segment, reference);
                segment.Redeem(reference.Ticket);
                return hold;
            }
            finally
            {
                CloseIfUnused(segment);
            }
        }
    }

    public static int CountHandles(BlockHold hold)
    {
        lock (s_lock)
        {
            RequireHandle(hold);
            return hold.Segment.CountHandles(hold.Granule);
        }
    }

    private static BlockHold AllocateAlone(nuint size, bool hasExtents)
    {
        var segment = Segment.Create(SegmentLayout.ForOne(size), hasExtents);
        segment.Publish(0, 1, size);
        s_segments.Add(segment.Id, segment);
        return Held(new BlockHold(segment, 0, 1, size));
    }

    private static BlockHold? TryAllocateShared(nuint size)
    {
        // The newest first: it is the one with room, as a rule.
        for (int index = s_arenas.Count - 1; index >= 0; index--)
        {
            if (s_arenas[index].TryAllocate(size) is { } hold)
            {
                return Held(hold);
            }
        }

        return null;
    }

    private static BlockHold AllocateAfterReclaiming(nuint size)
    {
        DropUnawaited();
        foreach (OwnArena arena in s_arenas)
        {
            arena.Reclaim();
        }

        if (TryAllocateShared(size) is { } hold)
        {
            return hold;
        }

        var added = new OwnArena();
        s_arenas.Add(added);
        s_segments.Add(added.Segment.Id, added.Segment);
        return TryAllocateShared(size)!;
    }

    private static BlockHold Attach(Segment segment, in BlockReference reference)
    {
        if (!segment.Contains(reference.Granule))
        {
            throw new IOException($"A reference to shared memory names granule {reference.Granule}, which its segment does not have.");
        }

        if (segment.Holds.TryGetValue(reference.Granule, out BlockHold? hold))
        {
            if (hold.Generation != reference.Generation)
            {
                throw Gone(reference);
            }

            hold.AddHandle();
            return hold;
        }

        segment.SetCount(reference.Granule, 1);
        try
        {
            return reference.Generation > 0 && segment.TryAttach(reference.Granule, reference.Generation)
                ? Held(new BlockHold(segment, reference.Granule, reference.Generation, segment.SizeOf(reference.Granule)))
                : throw Gone(reference);
        }
        catch
        {
            segment.SetCount(reference.Granule, 0);
            throw;
        }
    }

    // Between a caller's look at its handle and the lock, another thread may have disposed of it.
    private static void RequireHandle(BlockHold hold) => ObjectDisposedException.ThrowIf(hold.Handles == 0, typeof(SharedBlock));

    private static BlockHold Held(BlockHold hold)
    {
        hold.Segment.Holds.Add(hold.Granule, hold);
        return hold;
    }

    private static void Drop(BlockHold hold)
    {
        // It may be among them still: this process itself can have read the reference that it was kept for.
        _ = s_awaited.Remove(hold);
        Segment segment = hold.Segment;
        _ = segment.Holds.Remove(hold.Granule);
        segment.SetCount(hold.Granule, 0);
        if (s_arenas.Find(own => own.Segment == segment) is not { } arena)
        {
            CloseIfUnused(segment);
            return;
        }

        arena.Retire(hold.Granule);

        // One empty arena is kept, lest a value that comes and goes costs a mapping each time.
        if (arena.IsEmpty && s_arenas.Count > 1)
        {
            _ = s_arenas.Remove(arena);
            _ = s_segments.Remove(segment.Id);
            segment.Dispose();
        }
    }

    private static void CloseIfUnused(Segment segment)
    {
        if (segment.Holds.Count == 0 && !s_arenas.Exists(own => own.Segment == segment) && s_segments.Remove(segment.Id))
        {
            segment.Dispose();
        }
    }

    private static void CheckAwaited()
    {
        lock (s_lock)
        {
            DropUnawaited();
            if (s_awaited.Count > 0)
            {
                // The longer nobody reads it, the less often is it looked for.
                s_nextCheck = s_nextCheck * 2 < s_longestCheck ? s_nextCheck * 2 : s_longestCheck;
                _ = s_check.Change(s_nextCheck, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private static void DropUnawaited()
    {
        foreach (BlockHold hold in s_awaited.Where(hold => hold.Handles > 0 || !hold.HasOutstandingTickets()).ToArray())
        {
            _ = s_awaited.Remove(hold);
            if (hold.Handles == 0)
            {
                Drop(hold);
            }
        }
    }

    private static IOException Gone(in BlockReference reference) =>
        new($"The shared memory that process {reference.ProcessId} referred to has been freed: nobody had it any more. "
            + "A message with a reference is to be read once, while its writer runs.");
}
