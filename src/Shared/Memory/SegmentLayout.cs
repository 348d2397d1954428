namespace IpcDemos.Shared.Memory;

/// <summary>Where in a segment what is. All numbers are bytes from its start; the page "Shared memory" of the protocol explains each part.</summary>
/// <param name="Granules">Pieces of <see cref="GranuleSize"/> bytes that blocks start at; 1 in a segment made for one large block.</param>
/// <param name="DataLength">Bytes for the blocks themselves.</param>
internal readonly record struct SegmentLayout(int Granules, long DataLength)
{
    /// <summary>A cache line: the unit blocks are made of and aligned to.</summary>
    public const int GranuleSize = 64;

    /// <summary>How many processes can have blocks of one segment at the same time.</summary>
    public const int Holders = 512;

    /// <summary>How many references to blocks of one segment can be on their way at the same time and be known to be.</summary>
    public const int Tickets = 16 * 1024;

    public const int HeaderSize = 64;
    public const int EntrySize = 16;
    private const int PageSize = 4096;

    public const int HoldersOffset = HeaderSize;

    public const int TicketsOffset = HoldersOffset + (Holders * sizeof(ulong));

    public const int EntriesOffset = TicketsOffset + (Tickets * sizeof(ulong));

    /// <summary>Many small blocks.</summary>
    public static SegmentLayout Arena { get; } = new(16 * 1024, 16 * 1024 * GranuleSize);

    public int CountsOffset => EntriesOffset + (Granules * EntrySize);

    /// <summary>One holder's counts, one per granule; on cache lines of their own, because only that holder writes them.</summary>
    public int CountsStride => ((Granules * sizeof(ushort)) + GranuleSize - 1) & -GranuleSize;

    public int DataOffset => (CountsOffset + (Holders * CountsStride) + PageSize - 1) & -PageSize;

    public long Length => checked(DataOffset + DataLength);

    /// <summary>One block that is too large to share a segment.</summary>
    public static SegmentLayout ForOne(nuint size) => new(1, checked((long)size));
}
