using System.Runtime.InteropServices;
using IpcDemos.Shared.Memory;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>
/// The account of a queue's items, in memory that outlives whoever is killed: how many each producer has begun to put, and for each
/// number which process has got it.
/// </summary>
internal readonly ref struct QueueLedger(SharedMemory memory)
{
    private const int Header = 4096;

    private readonly Span<int> _header = MemoryMarshal.Cast<byte, int>(memory.Span[..Header]);
    private readonly Span<int> _takers = MemoryMarshal.Cast<byte, int>(memory.Span[Header..]);

    /// <summary>How often a number came that had come before.</summary>
    public ref int Doubled => ref _header[1];

    /// <summary>How many numbers are in use.</summary>
    public ref int AllBegun => ref _header[0];

    /// <summary>The memory for an account of that many numbers; what is not used takes up none.</summary>
    public static SharedMemory Create(int numbers) => SharedMemory.Create(Header + ((long)numbers * sizeof(int)));

    /// <summary>Gives out some numbers that follow each other, to be put now. Returns the first.</summary>
    public int Begin(int count) => Interlocked.Add(ref AllBegun, count) - count;

    /// <summary>Notes that this process has got the item.</summary>
    public void Note(int number)
    {
        if (Interlocked.CompareExchange(ref _takers[number], Environment.ProcessId, 0) != 0)
        {
            _ = Interlocked.Increment(ref Doubled);
        }
    }

    /// <summary>How many items each process has noted.</summary>
    public Dictionary<int, long> Takers()
    {
        Dictionary<int, long> noted = [];
        foreach (int taker in _takers[..AllBegun])
        {
            if (taker != 0)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(noted, taker, out _)++;
            }
        }

        return noted;
    }
}
