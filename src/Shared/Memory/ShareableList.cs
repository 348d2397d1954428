using System.Collections;
using System.Text;
using MessagePack;

namespace IpcDemos.Shared.Memory;

/// <summary>
/// A list of fixed length in named shared memory, byte for byte that of Python's <c>multiprocessing.shared_memory.ShareableList</c>: either
/// side can create it and the other attach to it by name. An item is a <see cref="long"/> (narrower integers become one), a
/// <see cref="double"/>, a <see cref="bool"/>, a <see cref="string"/>, an array of bytes, or <see langword="null"/>.
/// </summary>
/// <remarks>
/// <para>An item may change its type, but text and bytes only up to the size of its slot, which creation fixes: 8 bytes for numbers, and
/// the next multiple of 8 above the length for text (in UTF-8) and bytes. Unlike Python this does not cut text that is not ASCII, keeps
/// zeros at the end, and refuses every index that is not there; Python, reading, still drops the zeros at the end.</para>
/// <para>Nothing locks the list: an item that is read while another process changes it can be neither what it was nor what it will be, or
/// an <see cref="InvalidDataException"/>. Share a lock for that. Each access costs a system call, well under a microsecond. Ownership is that of the
/// <see cref="SharedMemory"/> beneath.</para>
/// </remarks>
[MessagePackFormatter(typeof(ShareableListFormatter))]
public sealed unsafe class ShareableList : IReadOnlyList<object?>, IDisposable
{
    private readonly ShareableListLayout _layout;

    /// <summary>Creates a list with these items, and with slots for what they are now.</summary>
    /// <param name="items">Also another list, to copy it.</param>
    /// <param name="name">As for <see cref="SharedMemory.CreateNamed"/>; <see langword="null"/> chooses a free one.</param>
    /// <exception cref="ArgumentException">An item is of a type that the list cannot hold, or cannot be the name.</exception>
    /// <exception cref="IOException">The name exists, or there is not enough room.</exception>
    public ShareableList(IEnumerable<object?> items, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(items);
        ShareableItem[] encoded = [.. items.Select(ShareableItem.From)];
        _layout = ShareableListLayout.Create([.. encoded.Select(item => item.NewSlotSize)]);
        SharedMemory = SharedMemory.CreateNamed(name, _layout.Length);
        _layout.Write(SharedMemory);
        for (int index = 0; index < encoded.Length; index++)
        {
            Write(index, encoded[index]);
        }
    }

    private ShareableList(SharedMemory memory)
    {
        SharedMemory = memory;
        _layout = ShareableListLayout.Read(memory);
    }

    /// <summary>The memory that the list is in.</summary>
    public SharedMemory SharedMemory { get; }

    /// <summary>The name to attach with.</summary>
    public string Name => SharedMemory.Name!;

    /// <summary>The number of items; it never changes.</summary>
    public int Count => _layout.Count;

    /// <summary>How all items are stored, in the notation of Python's <c>struct</c> module, for example <c>q8sd</c>.</summary>
    public string Format
    {
        get
        {
            var format = new StringBuilder();
            for (int index = 0; index < Count; index++)
            {
                _ = format.Append(Encoding.Latin1.GetString(FormatText(Start, index).TrimEnd((byte)0)));
            }

            return format.ToString();
        }
    }

    /// <summary>An item; <c>list[^1]</c> is the last one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none of that number.</exception>
    /// <exception cref="ArgumentException">The list cannot hold such an item, or its slot is too small for it.</exception>
    /// <exception cref="InvalidDataException">It was damaged, or another process is changing it at this moment.</exception>
    public object? this[int index]
    {
        get
        {
            RequireIndex(index);
            byte* start = Start;
            return ShareableItem.Read(Slot(start, index), FormatText(start, index), start[_layout.CodeOf(index)]);
        }

        set
        {
            RequireIndex(index);
            ShareableItem item = ShareableItem.From(value);
            int size = _layout.SlotSizeOf(index);
            if (item.Data.Length > size)
            {
                throw new ArgumentException($"The item takes {item.Data.Length} bytes; number {index} of the list was made with room for {size}.", nameof(value));
            }

            Write(index, item);
        }
    }

    /// <summary>Attaches to a list, ours or Python's.</summary>
    /// <exception cref="FileNotFoundException">There is none of that name.</exception>
    /// <exception cref="InvalidDataException">What has the name is not a list.</exception>
    public static ShareableList Open(string name)
    {
        var memory = SharedMemory.Open(name);
        try
        {
            return new ShareableList(memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>The number of the first item equal to <paramref name="value"/>, or -1. Bytes are compared one by one.</summary>
    public int IndexOf(object? value)
    {
        for (int index = 0; index < Count; index++)
        {
            if (AreEqual(this[index], value))
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>How many items are equal to <paramref name="value"/>. Bytes are compared one by one.</summary>
    public int CountOf(object? value) => this.Count(item => AreEqual(item, value));

    /// <summary>The items one after the other, each as it is at that moment.</summary>
    public IEnumerator<object?> GetEnumerator()
    {
        for (int index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Lets the memory go, and removes the name if this object created it. Can be repeated.</summary>
    public void Dispose() => SharedMemory.Dispose();

    /// <summary>For people: <c>ShareableList(psm_1b2c3d4e, 3 items)</c>.</summary>
    public override string ToString() => $"ShareableList({Name}, {Count} items)";

    private static bool AreEqual(object? item, object? value) => (item, value) switch
    {
        (byte[] left, byte[] right) => left.AsSpan().SequenceEqual(right),
        (long left, int or short or sbyte or byte or ushort or uint) => left == Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture),
        (double left, float right) => left == right,
        _ => Equals(item, value),
    };

    // The layout was found to fit into the memory, so one look per access that it is all there is enough.
    private byte* Start => ((IMemorySource)SharedMemory).GetPointer();

    private Span<byte> Slot(byte* start, int index) => new(start + _layout.SlotOf(index), _layout.SlotSizeOf(index));

    private Span<byte> FormatText(byte* start, int index) => new(start + _layout.FormatOf(index), ShareableListLayout.FormatSize);

    // In Python's order: how it is to be read, then what. Nothing makes the two one step.
    private void Write(int index, in ShareableItem item)
    {
        byte* start = Start;
        Span<byte> slot = Slot(start, index);
        Span<byte> format = FormatText(start, index);
        format.Clear();
        _ = Encoding.ASCII.GetBytes(item.FormatIn(slot.Length), format);
        start[_layout.CodeOf(index)] = (byte)item.Code;
        item.Data.CopyTo(slot);
        if (item.Code is ShareableCode.Text or ShareableCode.Bytes)
        {
            slot[item.Data.Length..].Clear();
        }
    }

    private void RequireIndex(int index)
    {
        if ((uint)index >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"The list has {Count} items; count from its end with ^.");
        }
    }
}
