using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Pools;

/// <summary>The results of a chunk for whoever asked for them, who disposes of it when it has been read.</summary>
internal sealed class ChunkOutput<TResult>(ChunkResult<TResult> result, ChunkMemory? memory, ChunkPlace place) : IDisposable
{
    private int _slot = place.Slot;

    /// <summary>In the items' order; until this is disposed of.</summary>
    public ReadOnlySpan<TResult> Results => result.Results ?? memory!.Results<TResult>(place.Slot, result.Count);

    /// <summary>What the item after the last result threw.</summary>
    public RemoteException? Error => result.Error is { } error ? new RemoteException(result.ProcessName, result.ProcessId, error) : null;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _slot, -1) is >= 0 and int slot)
        {
            memory!.ReturnSlot(slot);
        }
    }
}
