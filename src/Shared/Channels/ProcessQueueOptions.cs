namespace IpcDemos.Shared.Channels;

/// <summary>What a new <see cref="ProcessQueue{T}"/> is to be like. Fixed once it has been created, and the same in every process.</summary>
public sealed record ProcessQueueOptions
{
    /// <summary>The largest possible <see cref="CapacityInBytes"/>.</summary>
    public const long MaximumBytes = 1L << 30;

    /// <summary>
    /// How many bytes of items fit, rounded up to a power of two; 256 KiB unless set, at most 1 GiB. All of it is
    /// allocated at once. An unmanaged item takes its own size; any other takes its serialized size rounded up to a
    /// multiple of 8, and 8 more.
    /// </summary>
    public long CapacityInBytes { get; init; } = 256 * 1024;

    /// <summary>
    /// How many items fit, at least 1; <see langword="null"/>: as many as <see cref="CapacityInBytes"/> allows. Both limits
    /// hold; but for unmanaged items the bytes are made enough for this many.
    /// </summary>
    public int? CapacityInItems { get; init; }

    /// <summary>What happens when an item is put and there is no room for it.</summary>
    public QueueFullMode FullMode { get; init; } = QueueFullMode.Wait;

    internal void Validate()
    {
        Require(CapacityInBytes is > 0 and <= MaximumBytes, nameof(CapacityInBytes), CapacityInBytes, $"1 to {MaximumBytes}");
        Require(CapacityInItems is null or > 0, nameof(CapacityInItems), CapacityInItems, "1 or more, or null");
        Require(Enum.IsDefined(FullMode), nameof(FullMode), FullMode, string.Join(", ", Enum.GetNames<QueueFullMode>()));
    }

    private static void Require(bool isMet, string option, object? value, string possible)
    {
        if (!isMet)
        {
            throw new ArgumentException($"{option} is {value}; possible is {possible}.", option);
        }
    }
}
