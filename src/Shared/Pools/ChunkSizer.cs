namespace IpcDemos.Shared.Pools;

/// <summary>
/// Chooses how many items a chunk has: given, or so many that a chunk takes some milliseconds, as far as a slot of the pool's memory
/// has room for them. Beginning with one, since an item may take hours; growing by what chunks have taken. For one thread that asks
/// and any that tell.
/// </summary>
/// <param name="given">How many, whatever they take; null to choose.</param>
/// <param name="total">How many items there are, if that is known.</param>
/// <param name="workers">How many workers share them.</param>
/// <param name="capacity">How many items and results a slot has room for; 0 if they travel in messages.</param>
internal sealed class ChunkSizer(int? given, long? total, int workers, int capacity)
{
    private const double TargetMicroseconds = 8000;
    private const int Growth = 16;
    private const int Maximum = 1 << 20;

    // Of a known number, no chunk takes so much that workers would run out of work at different times.
    private readonly int _limit = (int)Math.Clamp((total ?? long.MaxValue) / (4L * workers), 1, capacity > 0 ? capacity : Maximum);
    private volatile int _next = 1;

    public int Next => given ?? Math.Min(_next, _limit);

    public void Observe(int items, double microseconds)
    {
        if (items > 0)
        {
            double perItem = microseconds / items;
            double wanted = perItem > 0 ? TargetMicroseconds / perItem : Maximum;
            _next = (int)Math.Clamp(wanted, 1, Math.Min(Maximum, (double)items * Growth));
        }
    }
}
