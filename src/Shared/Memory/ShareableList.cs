using System.Buffers;
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
/// an <see cref="InvalidDataException"/>. Share a lock for that. Each access costs a few system calls, one or two microseconds. Ownership is that
/// of the <see cref="SharedMemory"/> beneath.</para>
/// <para>If another program shortens the memory, every access to an item that is gone throws <see cref="IOException"/>, also one that is
/// under way.</para>
/// </remarks>
[MessagePackFormatter(typeof(ShareableListFormatter))]
public sealed class ShareableList : IReadOnlyList<object?>, IDisposable
{
    private const int LargestOnStack = 256;

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
            Span<byte> text = stackalloc byte[ShareableListLayout.FormatSize];
            for (int index = 0; index < Count; index++)
            {
                SharedMemory.Read(_layout.FormatOf(index), text);
                _ = format.Append(Encoding.Latin1.GetString(text.TrimEnd((byte)0)));
            }

            return format.ToString();
        }
    }

    /// <summary>An item; <c>list[^1]</c> is the last one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none of that number.</exception>
    /// <exception cref="ArgumentException">The list cannot hold such an item, or its slot is too small for it.</exception>
    /// <exception cref="InvalidDataException">It was damaged, or another process is changing it at this moment.</exception>
    /// <exception cref="IOException">Another program has shortened the memory.</exception>
    public object? this[int index]
    {
        get
        {
            RequireIndex(index);
            return Read(index);
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

    // Copies, never spans: that the memory is all there is known only until another program shortens it, and then a span ends the process.
    private object? Read(int index)
    {
        Span<byte> format = stackalloc byte[ShareableListLayout.FormatSize];
        SharedMemory.Read(_layout.FormatOf(index), format);
        byte code = 0;
        SharedMemory.Read(_layout.CodeOf(index), new Span<byte>(ref code));
        int slotSize = _layout.SlotSizeOf(index);
        int size = (ShareableCode)code is ShareableCode.Text or ShareableCode.Bytes ? slotSize : Math.Min(slotSize, ShareableListLayout.Alignment);
        byte[]? rented = size > LargestOnStack ? ArrayPool<byte>.Shared.Rent(size) : null;
        try
        {
            Span<byte> slot = rented is null ? stackalloc byte[size] : rented.AsSpan(0, size);
            SharedMemory.Read(_layout.SlotOf(index), slot);
            return ShareableItem.Read(slot, format, code);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    // In Python's order: how it is to be read, then what. Nothing makes the two one step.
    private void Write(int index, in ShareableItem item)
    {
        int slotSize = _layout.SlotSizeOf(index);
        Span<byte> format = stackalloc byte[ShareableListLayout.FormatSize];
        format.Clear();
        _ = Encoding.ASCII.GetBytes(item.FormatIn(slotSize), format);
        SharedMemory.Write(_layout.FormatOf(index), format);
        SharedMemory.Write(_layout.CodeOf(index), [(byte)item.Code]);
        byte[] data = item.Data;
        if (item.Code is ShareableCode.Text or ShareableCode.Bytes)
        {
            Array.Resize(ref data, slotSize);
        }

        SharedMemory.Write(_layout.SlotOf(index), data);
    }

    private void RequireIndex(int index)
    {
        if ((uint)index >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"The list has {Count} items; count from its end with ^.");
        }
    }
}
