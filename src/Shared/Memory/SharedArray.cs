using System.Buffers;
using System.Collections;
using MessagePack;

namespace IpcDemos.Shared.Memory;

/// <summary>
/// An array of an unmanaged type in the memory of several processes: the counterpart of <c>multiprocessing.Array</c>. It can be passed to
/// a process as an argument or in a message, at any time, and on from there; what arrives is the same array, not a copy.
/// </summary>
/// <remarks>
/// <para>All members are safe to call from any thread and process, but nothing orders what several do to the elements at the same time:
/// take the array's lock (<c>using IpcDemos.Shared.Synchronization; … using (array.Lock.Hold()) { … }</c>), or use
/// <see cref="Interlocked"/> on elements (<c>Interlocked.Increment(ref array[i])</c>).</para>
/// <para>The memory is freed when every process that has the array has disposed of it or has ended, however. A span, and the reference
/// that an index gives, must not be used any more once the array is disposed of; there is no finalizer that could do so meanwhile, so an
/// array nobody disposes of stays until the process ends. A <see cref="Memory"/> throws after disposal, and keeps the memory while it
/// is pinned.</para>
/// </remarks>
/// <typeparam name="T">Without references in it: numbers, enums, structs of those.</typeparam>
[MessagePackFormatter(typeof(SharedArrayFormatter<>))]
public sealed unsafe class SharedArray<T> : IReadOnlyList<T>, IDisposable, IMemorySource
    where T : unmanaged
{
    private readonly bool _isSlice;

    /// <summary>Creates an array of zeros. Up to 256 KiB thousands of arrays share one mapping; a larger one has its own.</summary>
    /// <param name="length">In elements, 0 or more; also beyond 2 GiB.</param>
    /// <exception cref="IOException">The system has no memory for it.</exception>
    public SharedArray(long length)
        : this(SharedBlock.Allocate(SharedLayout.SizeOf<T>(length)), 0, length)
    {
    }

    /// <summary>Creates an array with a copy of some values.</summary>
    /// <exception cref="IOException">The system has no memory for it.</exception>
    public SharedArray(ReadOnlySpan<T> values)
        : this((long)values.Length) => values.CopyTo(Span);

    /// <summary>Creates an array with a copy of some values.</summary>
    /// <exception cref="IOException">The system has no memory for it.</exception>
    public SharedArray(IEnumerable<T> values)
        : this((values as T[] ?? [.. values]).AsSpan())
    {
    }

    internal SharedArray(SharedBlock block, long start, long length, bool isSlice = false)
    {
        Block = block;
        Start = start;
        Length = length;
        _isSlice = isSlice;
    }

    /// <summary>The number of elements.</summary>
    public long Length { get; }

    /// <summary>The number of elements, for what works with lists.</summary>
    /// <exception cref="InvalidOperationException">There are more than an <see cref="int"/> can count.</exception>
    public int Count => Length <= int.MaxValue
        ? (int)Length
        : throw new InvalidOperationException($"The array has {Length} elements, more than lists and spans can have; use GetSpan or Slice for a part of it.");

    /// <summary>All elements in their place.</summary>
    /// <exception cref="InvalidOperationException">There are more than a span can have; use <see cref="GetSpan"/>.</exception>
    public Span<T> Span => new(Data, Count);

    /// <summary>All elements in their place, for where a span cannot go. It fails after <see cref="Dispose"/>; pinning it keeps the memory.</summary>
    /// <exception cref="InvalidOperationException">There are more than a <see cref="Memory{T}"/> can have.</exception>
    public Memory<T> Memory => new SharedMemoryManager<T>(this, SharedLayout.LockAreaSize + (Start * sizeof(T)), Count).Memory;

    /// <summary>The memory behind it; <see cref="SharedLayout"/> says what is where.</summary>
    internal SharedBlock Block { get; }

    /// <summary>The first element's number in the block.</summary>
    internal long Start { get; }

    private T* Data => (T*)(Block.Pointer + SharedLayout.LockAreaSize) + Start;

    /// <summary>An element in its place.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none of that number.</exception>
    public ref T this[int index] => ref this[(long)index];

    /// <inheritdoc cref="this[int]"/>
    public ref T this[long index]
    {
        get
        {
            if ((ulong)index >= (ulong)Length)
            {
                throw new ArgumentOutOfRangeException(nameof(index), index, $"The array has {Length} elements.");
            }

            return ref Data[index];
        }
    }

    /// <summary>Some of the elements: an array over the same memory.</summary>
    /// <inheritdoc cref="Slice"/>
    public SharedArray<T> this[Range range]
    {
        get
        {
            (int start, int length) = range.GetOffsetAndLength(Count);
            return Slice(start, length);
        }
    }

    T IReadOnlyList<T>.this[int index] => this[index];

    /// <summary>
    /// Some of the elements: an array over the same memory and with the same lock. It lives and ends with this one; disposing of it is
    /// not needed. Sent to another process it is an array of its own there.
    /// </summary>
    /// <param name="start">The number of its first element.</param>
    /// <param name="length">In elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">It reaches beyond the end.</exception>
    public SharedArray<T> Slice(long start, long length)
    {
        RequireRange(start, length);
        return new SharedArray<T>(Block, Start + start, length, isSlice: true);
    }

    /// <summary>Some of the elements in their place.</summary>
    /// <inheritdoc cref="Slice"/>
    public Span<T> GetSpan(long start, int length)
    {
        RequireRange(start, length);
        return new Span<T>(Data + start, length);
    }

    /// <summary>Copies the first elements into <paramref name="destination"/>, as many as fit in there.</summary>
    /// <param name="destination">Filled completely.</param>
    /// <param name="start">The number of the first element to copy.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many.</exception>
    public void CopyTo(Span<T> destination, long start = 0) => GetSpan(start, destination.Length).CopyTo(destination);

    /// <summary>Copies <paramref name="source"/> into the array.</summary>
    /// <param name="source">Copied completely.</param>
    /// <param name="start">The number of the first element to overwrite.</param>
    /// <exception cref="ArgumentOutOfRangeException">It reaches beyond the end; an array does not grow.</exception>
    public void CopyFrom(ReadOnlySpan<T> source, long start = 0) => source.CopyTo(GetSpan(start, source.Length));

    /// <summary>The elements one after the other, each as it is at that moment.</summary>
    public IEnumerator<T> GetEnumerator()
    {
        for (long index = 0; index < Length; index++)
        {
            yield return this[index];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Lets the array go; its memory is freed when the last process has. Can be repeated. Of a slice: does nothing.</summary>
    public void Dispose()
    {
        if (!_isSlice)
        {
            Block.Dispose();
        }
    }

    byte* IMemorySource.GetPointer() => Block.Pointer;

    IPinnable IMemorySource.Pin() => new MemoryPin(Block.Duplicate().Dispose);

    private void RequireRange(long start, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (start > Length - length)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, $"{length} elements from there reach beyond the end of the array, which has {Length}.");
        }
    }
}
