using System.Buffers;

namespace IpcDemos.Shared.Memory;

/// <summary>Undoes a pin, once.</summary>
internal sealed class MemoryPin(Action unpin) : IPinnable
{
    private Action? _unpin = unpin;

    public MemoryHandle Pin(int elementIndex) => throw new NotSupportedException("A pin is pinned already.");

    public void Unpin() => Interlocked.Exchange(ref _unpin, null)?.Invoke();
}
