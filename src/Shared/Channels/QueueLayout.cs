using System.Numerics;

namespace IpcDemos.Shared.Channels;

/// <summary>Where in the shared memory of a queue what is, in bytes from its start.</summary>
internal static class QueueLayout
{
    /// <summary>How many processes can have one queue open at the same time.</summary>
    public const int Members = 512;

    /// <summary>How many losses are remembered.</summary>
    public const int Losses = 64;

    /// <summary>In front of each item of varying size: its length in bytes, and its <see cref="QueueRecordKind"/>, 4 bytes each.</summary>
    public const int RecordHeader = 8;

    /// <summary>The unit that items of varying size are rounded up to.</summary>
    public const int RecordUnit = 8;

    public const int LossesOffset = 1024;
    public const int MembersOffset = 4096;
    public const int RingOffset = MembersOffset + (Members * 64);

    private const int SmallestRing = 1024;

    /// <summary>How many units of the given size the ring of a queue gets: a power of two.</summary>
    public static uint UnitsFor(ProcessQueueOptions options, int unitSize, bool itemsAreUnits)
    {
        long bytes = Math.Max(options.CapacityInBytes, SmallestRing);
        if (itemsAreUnits && options.CapacityInItems is { } items)
        {
            bytes = Math.Max(bytes, (long)items * unitSize);
        }

        if (bytes > ProcessQueueOptions.MaximumBytes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), bytes, $"A queue can have {ProcessQueueOptions.MaximumBytes} bytes at most.");
        }

        return BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, (bytes + unitSize - 1) / unitSize));
    }
}
