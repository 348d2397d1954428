namespace IpcDemos.Shared.Memory;

/// <summary>A segment of small blocks that this process created, and so allocates in. Guarded by <see cref="Arena"/>'s lock.</summary>
internal sealed unsafe class OwnArena
{
    private readonly GranuleAllocator _allocator = new(SegmentLayout.Arena.Granules);

    // Blocks that this process is done with and others may still have.
    private readonly HashSet<int> _retired = [];
    private long _lastGeneration;

    public Segment Segment { get; } = Segment.Create(SegmentLayout.Arena);

    public bool IsEmpty => _allocator.IsEmpty;

    public BlockHold? TryAllocate(nuint size)
    {
        int granules = (int)((Math.Max(size, 1) + SegmentLayout.GranuleSize - 1) / SegmentLayout.GranuleSize);
        if (!_allocator.TryAllocate(granules, out int start))
        {
            return null;
        }

        if (start < _allocator.NeverUsedFrom)
        {
            new Span<byte>(Segment.DataOf(start), granules * SegmentLayout.GranuleSize).Clear();
        }

        _allocator.MarkUsed(start);
        Segment.Publish(start, ++_lastGeneration, size);
        return new BlockHold(Segment, start, _lastGeneration, size);
    }

    /// <summary>Frees a block now, or once nobody has it any more and the room is needed.</summary>
    public void Retire(int granule)
    {
        if (!_retired.Contains(granule) && !TryFree(granule))
        {
            _ = _retired.Add(granule);
        }
    }

    /// <summary>Frees what the others have let go of, or have died with.</summary>
    public void Reclaim()
    {
        if (_retired.Count > 0)
        {
            Segment.RemoveDeadHolders();
            _ = _retired.RemoveWhere(TryFree);
        }
    }

    private bool TryFree(int granule)
    {
        if (!Segment.TryFree(granule))
        {
            return false;
        }

        _allocator.Free(granule);
        return true;
    }
}
