using System.Runtime.InteropServices;
using IpcDemos.Shared.Memory;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>A sum that is changed in several steps: one count per worker, and two totals that must agree with them.</summary>
internal sealed class Accounts(SharedMemory memory)
{
    private readonly int _workers = 4;

    public long Total => Cell(_workers);

    public long Turns(int index) => Cell(index);

    public TimeSpan LongestWait(int index) => new(Cell(_workers + 2 + index));

    public void NoteWait(int index, TimeSpan wait) => Cell(_workers + 2 + index) = Math.Max(Cell(_workers + 2 + index), wait.Ticks);

    private long Sum => Enumerable.Range(0, _workers).Sum(index => Cell(index));

    public void Count(int index)
    {
        Cell(index)++;
        Cell(_workers)++;
        Cell(_workers + 1)++;
    }

    public void Mend() => Cell(_workers) = Cell(_workers + 1) = Sum;

    public void AssertBalance()
    {
        if (Cell(_workers) != Sum || Cell(_workers + 1) != Sum)
        {
            throw new InvalidDataException($"The totals are {Cell(_workers)} and {Cell(_workers + 1)}, the sum is {Sum}: two were inside at once.");
        }
    }

    private ref long Cell(int index) => ref MemoryMarshal.Cast<byte, long>(memory.Span)[index];
}
