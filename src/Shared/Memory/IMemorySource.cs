using System.Buffers;

namespace IpcDemos.Shared.Memory;

/// <summary>What a <see cref="Memory{T}"/> over shared memory needs of the object that it was taken from.</summary>
internal unsafe interface IMemorySource
{
    /// <summary>The first byte.</summary>
    /// <exception cref="ObjectDisposedException">The object was disposed of.</exception>
    byte* GetPointer();

    /// <summary>Keeps the memory where it is, also past the object's disposal, until it is unpinned.</summary>
    IPinnable Pin();
}
