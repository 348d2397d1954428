namespace IpcDemos.Shared.Memory;

/// <summary>
/// Hands out runs of granules: best fit, neighbours merged when freed. It lives in the memory of the segment's creator alone, the only
/// one that allocates there, so a kill of anybody else cannot damage it, and its own process's kill ends the segment's use anyway.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class GranuleAllocator
{
    private readonly SortedSet<(int Length, int Start)> _free = [];
    private readonly Dictionary<int, int> _freeByStart = [];
    private readonly Dictionary<int, int> _freeByEnd = [];
    private readonly Dictionary<int, int> _used = [];

    public GranuleAllocator(int count) => AddFree(0, count);

    /// <summary>Whether nothing is handed out.</summary>
    public bool IsEmpty => _used.Count == 0;

    /// <summary>No granule from here on was ever handed out, so those are still as the system gave them: zero.</summary>
    public int NeverUsedFrom { get; private set; }

    public bool TryAllocate(int length, out int start)
    {
        if (_free.Count == 0 || _free.Max.Length < length)
        {
            start = 0;
            return false;
        }

        (int Length, int Start) run = _free.GetViewBetween((length, 0), (int.MaxValue, 0)).Min;
        start = run.Start;
        RemoveFree(run.Start, run.Length);
        if (run.Length > length)
        {
            AddFree(run.Start + length, run.Length - length);
        }

        _used.Add(start, length);
        return true;
    }

    /// <summary>Notes that everything below the end of an allocated run may now be other than zero.</summary>
    public void MarkUsed(int start) => NeverUsedFrom = Math.Max(NeverUsedFrom, start + _used[start]);

    public void Free(int start)
    {
        if (!_used.Remove(start, out int length))
        {
            throw new InvalidOperationException($"No block starts at granule {start}: it was freed before.");
        }

        int end = start + length;
        if (_freeByEnd.TryGetValue(start, out int previous))
        {
            RemoveFree(previous, start - previous);
            start = previous;
        }

        if (_freeByStart.TryGetValue(end, out int nextLength))
        {
            RemoveFree(end, nextLength);
            end += nextLength;
        }

        AddFree(start, end - start);
    }

    private void AddFree(int start, int length)
    {
        _ = _free.Add((length, start));
        _freeByStart.Add(start, length);
        _freeByEnd.Add(start + length, start);
    }

    private void RemoveFree(int start, int length)
    {
        _ = _free.Remove((length, start));
        _ = _freeByStart.Remove(start);
        _ = _freeByEnd.Remove(start + length);
    }
}
