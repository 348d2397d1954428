namespace IpcDemos.Shared.Channels;

/// <summary>A stretch of shared memory whose end is followed by its beginning.</summary>
internal readonly unsafe struct RingMemory(byte* start, nuint length)
{
    /// <summary>Copies bytes to a place, around the end where need be. They are not more than the ring has.</summary>
    public void CopyIn(nuint offset, ReadOnlySpan<byte> bytes)
    {
        int first = (int)Math.Min((nuint)bytes.Length, length - offset);
        bytes[..first].CopyTo(new Span<byte>(start + offset, first));
        bytes[first..].CopyTo(new Span<byte>(start, bytes.Length - first));
    }

    /// <summary>Copies bytes from a place.</summary>
    public void CopyOut(nuint offset, Span<byte> bytes)
    {
        int first = (int)Math.Min((nuint)bytes.Length, length - offset);
        new ReadOnlySpan<byte>(start + offset, first).CopyTo(bytes);
        new ReadOnlySpan<byte>(start, bytes.Length - first).CopyTo(bytes[first..]);
    }
}
