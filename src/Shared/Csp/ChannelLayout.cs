namespace IpcDemos.Shared.Csp;

/// <summary>Where in the shared memory of a channel what is, in bytes from its start.</summary>
internal static unsafe class ChannelLayout
{
    /// <summary>How many ends a channel can have at the same time.</summary>
    public const int Ends = 128;

    /// <summary>How many choices can wait at one channel at the same time.</summary>
    public const int Offers = 128;

    /// <summary>The room for an item that is serialized, in an offer.</summary>
    public const int SerializedSize = 256;

    public const int EndsOffset = 256;
    public const int OffersOffset = EndsOffset + (Ends * 24);

    public static int OfferStride(int itemSize) => sizeof(OfferEntry) + itemSize;

    public static long BufferOffset(int itemSize) => OffersOffset + ((long)Offers * OfferStride(itemSize));

    public static long BytesOffset(int itemSize, int capacity) => BufferOffset(itemSize) + ((long)capacity * sizeof(BufferEntry));

    public static long SizeOf(int itemSize, int capacity, int capacityInBytes) => BytesOffset(itemSize, capacity) + capacityInBytes;
}
