namespace IpcDemos.Shared.Memory;

/// <summary>
/// Where in the memory of a <see cref="ShareableList"/> what is, all in the machine's byte order: the number of items N; N + 1 offsets of
/// the slots within the data, the last one its end; the data; N formats of 8 bytes; N codes of 1 byte.
/// </summary>
internal sealed class ShareableListLayout
{
    /// <summary>Slots are whole multiples of this; so are offsets.</summary>
    public const int Alignment = 8;

    public const int FormatSize = 8;

    private readonly long[] _offsets;

    private ShareableListLayout(long[] offsets) => _offsets = offsets;

    public int Count => _offsets.Length - 1;

    public ReadOnlySpan<long> Offsets => _offsets;

    /// <summary>The bytes of the whole list.</summary>
    public long Length => CodeOf(Count);

    private long DataStart => Alignment * (Count + 2L);

    private long FormatsStart => DataStart + _offsets[^1];

    /// <summary>The layout of a new list with slots of these sizes.</summary>
    public static ShareableListLayout Create(IReadOnlyList<int> slotSizes)
    {
        var offsets = new long[slotSizes.Count + 1];
        for (int index = 0; index < slotSizes.Count; index++)
        {
            offsets[index + 1] = offsets[index] + slotSizes[index];
        }

        return new ShareableListLayout(offsets);
    }

    /// <summary>The layout of a list in memory, which somebody else wrote.</summary>
    /// <exception cref="InvalidDataException">It does not fit into the memory, or does not add up.</exception>
    public static ShareableListLayout Read(SharedMemory memory)
    {
        long count = memory.Length >= 2 * Alignment ? ReadNumber(memory, 0) : -1;
        if (count < 0 || count > (memory.Length / Alignment) - 2)
        {
            throw new InvalidDataException($"{memory} is not a shareable list: its {memory.Length} bytes cannot hold {count} items.");
        }

        var offsets = new long[count + 1];
        for (int index = 0; index < offsets.Length; index++)
        {
            offsets[index] = ReadNumber(memory, Alignment * (index + 1L));
            long least = index == 0 ? 0 : offsets[index - 1] + Alignment;
            if (offsets[index] < least || offsets[index] > memory.Length || offsets[0] != 0)
            {
                throw new InvalidDataException($"{memory} is not a shareable list: the slot of item {index} starts at {offsets[index]}.");
            }
        }

        var layout = new ShareableListLayout(offsets);
        return layout.Length <= memory.Length
            ? layout
            : throw new InvalidDataException($"{memory} is not a shareable list: {count} items with {offsets[^1]} bytes of data take {layout.Length} bytes.");
    }

    public long SlotOf(int index) => DataStart + _offsets[index];

    public int SlotSizeOf(int index) => (int)Math.Min(_offsets[index + 1] - _offsets[index], int.MaxValue);

    public long FormatOf(int index) => FormatsStart + (FormatSize * (long)index);

    public long CodeOf(int index) => FormatsStart + (FormatSize * (long)Count) + index;

    /// <summary>Writes what is not the items'.</summary>
    public void Write(SharedMemory memory)
    {
        WriteNumber(memory, 0, Count);
        for (int index = 0; index < _offsets.Length; index++)
        {
            WriteNumber(memory, Alignment * (index + 1L), _offsets[index]);
        }
    }

    private static long ReadNumber(SharedMemory memory, long offset)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        memory.Read(offset, number);
        return BitConverter.ToInt64(number);
    }

    private static void WriteNumber(SharedMemory memory, long offset, long value) => memory.Write(offset, BitConverter.GetBytes(value));
}
