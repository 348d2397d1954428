namespace IpcDemos.Shared.Platform;

/// <summary>
/// What can come behind the mapped part of a <see cref="MemoryMapping"/>: pages that take up room from when they are written to
/// until they are freed, read and written by calls instead of being mapped. It lives as long as the mapped part, whoever wrote it.
/// </summary>
/// <remarks>All members are safe to call from any thread.</remarks>
internal abstract class MemoryTail
{
    /// <summary>Writes bytes to a place, counted like all others from the beginning of the mapped part.</summary>
    /// <exception cref="IOException">The system has no more memory for this.</exception>
    public abstract void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Reads bytes; what was never written is not there.</summary>
    /// <exception cref="EndOfStreamException">There are fewer.</exception>
    public abstract void Read(long offset, Span<byte> bytes);

    /// <summary>Gives whole pages back to the system; they read as zeros.</summary>
    public abstract void Free(long offset, long length);

    /// <summary>Where, from a place on, the first page is that takes up room; −1 if none does.</summary>
    public abstract long NextUsed(long offset);
}
