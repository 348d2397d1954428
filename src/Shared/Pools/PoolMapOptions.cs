namespace IpcDemos.Shared.Pools;

/// <summary>How many items are mapped over a pool.</summary>
public sealed record PoolMapOptions
{
    /// <summary>How many items make one task, 1 or more; found out from the time that items take unless set.</summary>
    public int? ChunkSize
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(value));
            field = value;
        }
    }

    /// <summary>Whether results come in the order of the items (the default), or each as soon as its chunk is completed.</summary>
    public bool IsOrdered { get; init; } = true;

    /// <summary>
    /// How many chunks are taken from the input ahead of the results that have been taken, 1 or more. An endless input is therefore
    /// fine. Unless set, four per worker; more, at most 1024, if <see cref="ChunkSize"/> is given and chunks take less than a millisecond.
    /// </summary>
    public int? Window
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(value));
            field = value;
        }
    }

    /// <summary>How each chunk is run.</summary>
    public PoolTaskOptions? Chunk { get; init; }

    /// <summary>Told after each chunk, on the thread that got its result; by one thread at a time, and never fewer than before.</summary>
    public IProgress<PoolProgress>? Progress { get; init; }
}
