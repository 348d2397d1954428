using System.Buffers;

namespace IpcDemos.Shared.Channels;

/// <summary>Shared memory as <see cref="Memory{T}"/>, to deserialize from without a copy. Valid while its block is mapped.</summary>
internal sealed unsafe class BlockMemory(byte* pointer, int length) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => new(pointer, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(pointer + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
