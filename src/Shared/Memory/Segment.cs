using System.Runtime.CompilerServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Memory;

/// <summary>
/// A mapped piece of memory with blocks in it, and the tables by which processes agree on who has which block. Only the creator
/// allocates and frees; every process writes only its own counts; a kill between any two stores leaves at worst a count or a ticket of
/// a process that is provably dead, and those are taken back.
/// </summary>
/// <remarks>
/// What each process does here, it does under <see cref="Arena"/>'s lock, so a segment has one thread per process to agree with. Between
/// processes:
/// <code>
///  attach:  count := n ──full fence──► generation is g: attached
///                                      generation is g|Examined: CAS back to g: attached; else look again
///                                      anything else: count := 0, the block is gone
///  free:    all counts 0? ─► CAS g → g|Examined ─► all counts 0? ─► CAS g|Examined → 0: freed
///                                                  no: CAS g|Examined → g, later again
/// </code>
/// The two fences meet so that either the attacher's count is seen by the second look or the attacher sees the mark. The danger is a
/// block handed on while it is examined: A's count is read after A let go, B's before B came. But B cannot come without taking the
/// mark away, and A lets go only after B has come (<see cref="Ticket"/>), so the last CAS fails.
/// </remarks>
internal sealed unsafe partial class Segment : IDisposable
{
    private readonly MemoryMapping _mapping;
    private readonly SegmentLayout _layout;
    private readonly byte* _base;
    private readonly int _holder;

    private Segment(MemoryMapping mapping, SegmentLayout layout, Guid id)
    {
        _mapping = mapping;
        Extents = mapping.Tail is { } tail ? new SharedExtents(tail, (SegmentHeader*)mapping.Pointer, layout.Length) : null;
        _layout = layout;
        _base = mapping.Pointer;
        Id = id;
        _holder = ClaimHolder();
    }

    public Guid Id { get; }

    public int Handle => _mapping.Handle;

    public long Length => _layout.Length;

    /// <summary>What lies behind the segment; <see langword="null"/> unless it was created for that, on a system that can.</summary>
    public SharedExtents? Extents { get; }

    /// <summary>This process's holds on blocks of the segment, by where they start.</summary>
    public Dictionary<int, BlockHold> Holds { get; } = [];

    /// <exception cref="IOException">The system refused.</exception>
    public static Segment Create(SegmentLayout layout, bool hasExtents = false)
    {
        Guid id = Guid.NewGuid();
        MemoryMapping mapping = MemoryMapping.Create(id, layout.Length, hasExtents);
        ref SegmentHeader header = ref *(SegmentHeader*)mapping.Pointer;
        header.Id = id;
        header.DataLength = layout.DataLength;
        header.Granules = layout.Granules;
        header.Magic = SegmentHeader.CurrentMagic;
        return new Segment(mapping, layout, id);
    }

    /// <exception cref="IOException">It is gone, or is not a segment of this version.</exception>
    public static Segment Open(in BlockReference reference)
    {
        MemoryMapping mapping = MemoryMapping.Open(reference.Segment, reference.ProcessId, reference.Handle, reference.Length);
        try
        {
            if (mapping.Length < sizeof(SegmentHeader))
            {
                throw new IOException($"{mapping.Length} bytes are too few to be a segment of shared memory.");
            }

            SegmentHeader header = *(SegmentHeader*)mapping.Pointer;
            if (header.Magic != SegmentHeader.CurrentMagic)
            {
                throw new IOException(
                    $"The segment of shared memory starts with 0x{header.Magic:x16}, not with 0x{SegmentHeader.CurrentMagic:x16}: "
                    + "the other process uses another version of this library.");
            }

            var layout = new SegmentLayout(header.Granules, header.DataLength);
            if (header.Id != reference.Segment)
            {
                throw new IOException($"The shared memory that process {reference.ProcessId} referred to is gone; its handle now means other memory.");
            }

            // The system may have rounded the size up to whole pages, never down.
            if (header.Granules is < 1 or > 1 << 20 || header.DataLength < 0 || mapping.Length < layout.Length)
            {
                throw new IOException($"A segment of {mapping.Length} bytes cannot hold {header.Granules} granules and {header.DataLength} bytes of data.");
            }

            return new Segment(mapping, layout, header.Id);
        }
        catch
        {
            mapping.Dispose();
            throw;
        }
    }

    public byte* DataOf(int granule) => _base + _layout.DataOffset + ((long)granule * SegmentLayout.GranuleSize);

    /// <summary>Puts a new block into the tables, held once by this process. Only for the creator.</summary>
    public void Publish(int granule, long generation, nuint size)
    {
        SetCount(granule, 1);
        ref BlockEntry entry = ref Entry(granule);
        entry.Size = (long)size;
        Volatile.Write(ref entry.Generation, generation);
    }

    /// <summary>Says how many handles this process has.</summary>
    public void SetCount(int granule, int handles) =>
        Volatile.Write(ref Count(_holder, granule), (ushort)Math.Min(handles, ushort.MaxValue));

    /// <summary>Attaches to a block whose count this process has just set; see the class's remarks.</summary>
    public bool TryAttach(int granule, long generation)
    {
        ref long current = ref Entry(granule).Generation;
        CrashPoint.Reach("Segment.Attach.Counted");
        Interlocked.MemoryBarrier();
        while (true)
        {
            long seen = Volatile.Read(ref current);
            if (seen == generation)
            {
                return true;
            }

            if (seen != (generation | BlockEntry.Examined))
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref current, generation, seen) == seen)
            {
                return true;
            }
        }
    }

    /// <summary>Takes a block that nobody has out of the tables; see the class's remarks. Only for the creator.</summary>
    public bool TryFree(int granule)
    {
        ref long current = ref Entry(granule).Generation;
        long generation = Volatile.Read(ref current);
        long examined = generation | BlockEntry.Examined;
        if (IsHeld(granule) || Interlocked.CompareExchange(ref current, examined, generation) != generation)
        {
            return false;
        }

        CrashPoint.Reach("Segment.Free.Examined");
        long next = IsHeld(granule) ? generation : 0;
        return Interlocked.CompareExchange(ref current, next, examined) == examined && next == 0;
    }

    /// <summary>The size of a block, refused if it would reach beyond the segment.</summary>
    public nuint SizeOf(int granule)
    {
        long size = Entry(granule).Size;
        long room = _layout.DataLength - ((long)granule * SegmentLayout.GranuleSize);
        return size >= 0 && size <= room
            ? (nuint)size
            : throw new IOException($"A block of {size} bytes does not fit into the {room} bytes that its segment has there.");
    }

    public bool Contains(int granule) => (uint)granule < (uint)_layout.Granules;

    /// <summary>Unmaps the segment. Every hold has been dropped, so this process's counts are all 0 and none of its tickets is out.</summary>
    public void Dispose()
    {
        Volatile.Write(ref Word(SegmentLayout.HoldersOffset, _holder), 0);
        _mapping.Dispose();
    }

    private bool IsHeld(int granule)
    {
        int used = HoldersUsed;
        for (int holder = 0; holder < used; holder++)
        {
            if (Volatile.Read(ref Count(holder, granule)) != 0)
            {
                return true;
            }
        }

        return false;
    }

    private ref SegmentHeader Header => ref *(SegmentHeader*)_base;

    private ref BlockEntry Entry(int granule) => ref ((BlockEntry*)(_base + SegmentLayout.EntriesOffset))[granule];

    private ref ushort Count(int holder, int granule) =>
        ref ((ushort*)(_base + _layout.CountsOffset + ((long)holder * _layout.CountsStride)))[granule];

    private ref ulong Word(int offset, int index) => ref Unsafe.AsRef<ulong>(_base + offset + ((long)index * sizeof(ulong)));
}
