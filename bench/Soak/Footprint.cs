using System.Diagnostics;

namespace IpcDemos.Bench.Soak;

/// <summary>What this process takes of the machine at one moment.</summary>
/// <param name="Resident">Memory (RSS), in bytes.</param>
/// <param name="Heap">Managed memory that is in use, in bytes.</param>
/// <param name="Handles">Open handles; on Unix, file descriptors.</param>
/// <param name="Threads">Threads.</param>
internal sealed record Footprint(long Resident, long Heap, int Handles, int Threads)
{
    /// <summary>By how many handles it may differ while nothing leaks.</summary>
    public const int SlackHandles = 64;

    // What else varies: how many workers are just starting, what the runtime has freed, its own threads.
    private const int SlackThreads = 24;
    private const long SlackHeap = 4 << 20;
    private const long SlackResident = 64 << 20;

    public static Footprint Take()
    {
        long heap = GC.GetTotalMemory(forceFullCollection: true);
        using var self = Process.GetCurrentProcess();
        return new Footprint(self.WorkingSet64, heap, self.HandleCount, self.Threads.Count);
    }

    /// <summary>Whether it is more than before by more than varies anyway.</summary>
    public bool HasGrownSince(Footprint before) =>
        Resident > before.Resident + SlackResident
        || Heap > before.Heap + SlackHeap
        || Handles > before.Handles + SlackHandles
        || Threads > before.Threads + SlackThreads;

    public override string ToString() => $"RSS {Resident >> 20} MiB, heap {Heap >> 10} KiB, {Handles} handles, {Threads} threads";
}
