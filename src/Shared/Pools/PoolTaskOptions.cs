namespace IpcDemos.Shared.Pools;

/// <summary>What is different for one task from what the pool does with all.</summary>
public sealed record PoolTaskOptions
{
    /// <summary>How long it may run, from the moment a worker has it; as <see cref="ProcessPoolOptions.TaskTimeout"/> unless set.</summary>
    public TimeSpan? Timeout
    {
        get;
        init
        {
            ProcessPoolOptions.ThrowUnlessPositive(value);
            field = value;
        }
    }

    /// <summary>
    /// How often it is run again if its worker dies while it runs, 0 or more; as <see cref="ProcessPoolOptions.Retries"/> unless set.
    /// </summary>
    public int? Retries
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value ?? 0, nameof(value));
            field = value;
        }
    }
}
