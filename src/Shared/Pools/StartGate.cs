using IpcDemos.Shared.Memory;

namespace IpcDemos.Shared.Pools;

/// <summary>
/// One word that a pool and its worker share: how many tasks the worker has started, and whether it may start more.
/// </summary>
/// <remarks>
/// It answers exactly what the pipe between them cannot. When a worker dies, a task may have been in the pipe or may have run for
/// an hour; only what was started is lost. And tasks sent ahead can be taken back for an idle worker: once the gate is closed they
/// are not started, whatever the worker does meanwhile.
/// </remarks>
internal readonly struct StartGate(SharedValue<long> word)
{
    private const long Closed = 1L << 62;
    private const long Ended = 1L << 61;
    private const long Count = ~(Closed | Ended);

    /// <summary>How many tasks have been started since the worker began.</summary>
    public long Started => word.Value & Count;

    /// <summary>Whether the worker has not come to what was sent after the gate was closed.</summary>
    public bool IsClosed => (word.Value & Closed) != 0;

    /// <summary>Worker: claims the next task; false if it was taken back while it lay in the pipe.</summary>
    public bool TryStart()
    {
        long value = word.Value;
        return (value & ~Count) == 0 && word.CompareExchange(value + 1, value) == value;
    }

    /// <summary>Worker: what follows in the pipe was sent after the gate had been closed.</summary>
    public void Reopen() => word.And(~Closed);

    /// <summary>Pool: no task in the pipe will be started any more. Returns how many have been.</summary>
    public long Close() => word.Or(Closed) & Count;

    /// <summary>
    /// Pool: nothing will be started ever again, whatever the worker still reads in the pipe: a mark that lies there would reopen a
    /// gate that is only closed. Returns how many tasks have been started.
    /// </summary>
    public long End() => word.Or(Closed | Ended) & Count;
}
