using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Memory;

/// <summary>
/// Pieces of any length behind a segment: not mapped, but written and read as a whole. They belong to the segment, so that a
/// piece outlives the process that wrote it.
/// </summary>
/// <remarks>
/// <para>
/// An extent has an owner: the process whose death makes it nobody's, unless somebody knows of it. First its writer; whoever
/// hands it on by a note in shared memory decides when it is adopted. Whoever finds a death has <see cref="FreeOrphans"/> look
/// for what the dead one left.
/// </para>
/// <para>
/// Places are given out once and never again, so nothing is ever found where something else was meant. All members are safe to
/// call from any thread.
/// </para>
/// </remarks>
internal sealed unsafe class SharedExtents(MemoryTail tail, SegmentHeader* header, long segmentLength)
{
    private readonly long _start = ToPages(segmentLength);

    /// <summary>Whether there has ever been one.</summary>
    public bool HaveBeenUsed => Volatile.Read(ref header->ExtentBytes) != 0;

    private long End => _start + Volatile.Read(ref header->ExtentBytes);

    /// <summary>Where extents are, in their order, by whomever they were written.</summary>
    public IEnumerable<long> Offsets => All().Select(static extent => extent.Offset);

    /// <summary>Writes a new extent, which this process owns.</summary>
    /// <returns>Where it is.</returns>
    /// <exception cref="IOException">The system has no memory for it.</exception>
    public long Create(ReadOnlySpan<byte> content)
    {
        long length = LengthWithHeader(content.Length);
        long offset = _start + Interlocked.Add(ref header->ExtentBytes, length) - length;
        var extent = new ExtentHeader { Magic = ExtentHeader.CurrentMagic, Owner = ProcessIdentity.Current.Packed, Length = content.Length };
        try
        {
            // The header first, and alone: from then on others can tell what this is and whose.
            tail.Write(offset, MemoryMarshal.AsBytes(new ReadOnlySpan<ExtentHeader>(in extent)));
            CrashPoint.Reach("extent.create.owned");
            tail.Write(offset + sizeof(ExtentHeader), content);
        }
        catch
        {
            tail.Free(offset, length);
            throw;
        }

        CrashPoint.Reach("extent.create.written");
        return offset;
    }

    /// <summary>Makes this process the owner. Only for one process at a time.</summary>
    public void Adopt(long offset)
    {
        ulong owner = ProcessIdentity.Current.Packed;
        tail.Write(offset + ExtentHeader.OwnerOffset, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in owner)));
        CrashPoint.Reach("extent.adopted");
    }

    /// <summary>Reads the whole of an extent.</summary>
    public void Read(long offset, Span<byte> content) => tail.Read(offset + sizeof(ExtentHeader), content);

    /// <summary>Frees an extent; only for its owner.</summary>
    public void Free(long offset, int contentLength) => tail.Free(offset, LengthWithHeader(contentLength));

    /// <summary>Frees what processes that have ended owned and nobody knows of. No extent is to be adopted meanwhile.</summary>
    public void FreeOrphans(IReadOnlySet<long> known)
    {
        foreach ((long offset, ExtentHeader extent) in All())
        {
            if (!known.Contains(offset) && !ProcessIdentity.FromPacked(extent.Owner).IsAlive)
            {
                tail.Free(offset, LengthWithHeader(extent.Length));
            }
        }
    }

    private IEnumerable<(long Offset, ExtentHeader Extent)> All()
    {
        long end = End;
        long offset = _start;
        while (offset < end && (offset = tail.NextUsed(offset)) >= 0 && offset < end)
        {
            ExtentHeader extent = HeaderAt(offset);
            bool isOne = extent.Magic == ExtentHeader.CurrentMagic && extent.Length >= 0;
            if (isOne)
            {
                yield return (offset, extent);
            }

            offset += isOne ? LengthWithHeader(extent.Length) : Environment.SystemPageSize;
        }
    }

    private ExtentHeader HeaderAt(long offset)
    {
        var extent = default(ExtentHeader);
        tail.Read(offset, MemoryMarshal.AsBytes(new Span<ExtentHeader>(ref extent)));
        return extent;
    }

    private static long LengthWithHeader(long contentLength) => ToPages(contentLength + Unsafe.SizeOf<ExtentHeader>());

    // So that freeing one takes nothing from its neighbours.
    private static long ToPages(long length) => (length + Environment.SystemPageSize - 1) & -Environment.SystemPageSize;
}
