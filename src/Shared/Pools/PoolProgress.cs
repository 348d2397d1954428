namespace IpcDemos.Shared.Pools;

/// <summary>How far a map over many items is.</summary>
/// <param name="Completed">How many items have their result.</param>
/// <param name="Total">How many there are; <see langword="null"/> if that is not known.</param>
/// <param name="Elapsed">Since the beginning.</param>
public readonly record struct PoolProgress(long Completed, long? Total, TimeSpan Elapsed)
{
    /// <summary>Items per second on average; 0 at the beginning.</summary>
    public double Rate => Elapsed > TimeSpan.Zero ? Completed / Elapsed.TotalSeconds : 0;

    /// <summary>How long the rest takes at that rate; <see langword="null"/> if that cannot be told.</summary>
    public TimeSpan? Remaining => Total is { } total && Rate > 0 ? TimeSpan.FromSeconds((total - Completed) / Rate) : null;
}
