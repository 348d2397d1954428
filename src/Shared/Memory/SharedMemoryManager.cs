using System.Buffers;

namespace IpcDemos.Shared.Memory;

/// <summary>A <see cref="Memory{T}"/> over shared memory. It fails once its source was disposed of, except what was pinned before.</summary>
internal sealed unsafe class SharedMemoryManager<T>(IMemorySource source, long byteOffset, int length) : MemoryManager<T>
    where T : unmanaged
{
    public override Span<T> GetSpan() => new(source.GetPointer() + byteOffset, length);

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, length);
        IPinnable pin = source.Pin();
        return new MemoryHandle((T*)(source.GetPointer() + byteOffset) + elementIndex, pinnable: pin);
    }

    /// <summary>Never called: every pin is undone by what <see cref="Pin"/> gave it.</summary>
    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
