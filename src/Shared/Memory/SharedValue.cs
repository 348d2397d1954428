using System.Buffers;
using System.Globalization;
using System.Text.Json.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Memory;

/// <summary>
/// One value of an unmanaged type in the memory of several processes: the counterpart of <c>multiprocessing.Value</c>. It can be passed
/// to a process as an argument or in a message, at any time, and on from there; what arrives is the same value, not a copy.
/// </summary>
/// <remarks>
/// <para>All members are safe to call from any thread and process. A read or write of <see cref="Value"/> is a single step for types of 1,
/// 2, 4 and 8 bytes; larger ones can be seen half written unless everybody takes the value's lock, as in Python. Reading, computing
/// and writing back is never a single step: use <see cref="Add"/> and its like, or the lock
/// (<c>using IpcDemos.Shared.Synchronization; … using (value.Lock.Hold()) { … }</c>), which nothing here takes by itself.</para>
/// <para>The memory is freed when every process that has the value has disposed of it or has ended, however. There is no finalizer: a
/// value nobody disposes of stays until the process ends.</para>
/// </remarks>
/// <typeparam name="T">Without references in it: numbers, enums, structs of those.</typeparam>
[MessagePackFormatter(typeof(SharedValueFormatter<>))]
public sealed unsafe class SharedValue<T> : IDisposable, IMemorySource
    where T : unmanaged
{
    /// <summary>Creates a value in new memory. Costs well under a microsecond; thousands share one mapping.</summary>
    /// <exception cref="IOException">The system has no memory for it.</exception>
    public SharedValue(T value = default)
    {
        Block = SharedBlock.Allocate(SharedLayout.SizeOf<T>(1));
        Location = value;
    }

    internal SharedValue(SharedBlock block) => Block = block;

    /// <summary>The value now.</summary>
    /// <exception cref="ObjectDisposedException">This object was disposed of.</exception>
    public T Value
    {
        get => Atomic.Read(ref Location);
        set => Atomic.Write(ref Location, value);
    }

    /// <summary>The value in its place, as a span of one; not to be used any more once this object is disposed of.</summary>
    [JsonIgnore]
    public Span<T> Span => new(ref Location);

    /// <summary>The value in its place, for where a span cannot go. It fails after <see cref="Dispose"/>; pinning it keeps the memory.</summary>
    [JsonIgnore]
    public Memory<T> Memory => new SharedMemoryManager<T>(this, SharedLayout.LockAreaSize, 1).Memory;

    /// <summary>The memory behind it; <see cref="SharedLayout"/> says what is where.</summary>
    internal SharedBlock Block { get; }

    private ref T Location => ref *(T*)(Block.Pointer + SharedLayout.LockAreaSize);

    /// <summary>Adds in one step. Integers wrap around.</summary>
    /// <returns>The sum.</returns>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is not an integer, enum, float or double.</exception>
    public T Add(T value) => Atomic.Add(ref Location, value);

    /// <summary>Adds 1 in one step.</summary>
    /// <returns>The sum.</returns>
    /// <inheritdoc cref="Add"/>
    public T Increment() => Atomic.Add(ref Location, Atomic.One<T>());

    /// <summary>Subtracts 1 in one step.</summary>
    /// <returns>The difference.</returns>
    /// <inheritdoc cref="Add"/>
    public T Decrement() => Atomic.Add(ref Location, Atomic.MinusOne<T>());

    /// <summary>Sets the value in one step.</summary>
    /// <returns>What it was before.</returns>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> does not have 1, 2, 4 or 8 bytes.</exception>
    public T Exchange(T value) => Atomic.Exchange(ref Location, value);

    /// <summary>Sets the value in one step if it has the bits of <paramref name="comparand"/>.</summary>
    /// <returns>What it was before.</returns>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> does not have 1, 2, 4 or 8 bytes.</exception>
    public T CompareExchange(T value, T comparand) => Atomic.CompareExchange(ref Location, value, comparand);

    /// <summary>Clears in one step the bits that <paramref name="value"/> does not have.</summary>
    /// <returns>What it was before.</returns>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is not an integer, enum or bool.</exception>
    public T And(T value) => Atomic.And(ref Location, value);

    /// <summary>Sets in one step the bits that <paramref name="value"/> has.</summary>
    /// <returns>What it was before.</returns>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is not an integer, enum or bool.</exception>
    public T Or(T value) => Atomic.Or(ref Location, value);

    /// <summary>Lets the value go; its memory is freed when the last process has. Can be repeated.</summary>
    public void Dispose() => Block.Dispose();

    /// <summary>The value as text, the same in every culture.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value}");

    byte* IMemorySource.GetPointer() => Block.Pointer;

    IPinnable IMemorySource.Pin() => new MemoryPin(Block.Duplicate().Dispose);
}
