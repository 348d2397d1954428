using MessagePack;

namespace IpcDemos.Shared.Memory;

/// <summary>
/// A handle to a zeroed, cache-line aligned piece of shared memory: where a lock word, a value or an array lives. The memory is freed
/// when the last handle to it, in any process, was disposed of or has died with its process.
/// </summary>
/// <remarks>
/// All members are safe to call from any thread, but memory must not be touched by one thread while another disposes of the last
/// handle. There is no finalizer: a pointer into the block does not keep its handle alive, and a finalizer could free the memory under
/// it. A handle that nobody disposes of keeps the block until the process ends.
/// </remarks>
internal sealed unsafe class SharedBlock : IDisposable
{
    private BlockHold? _hold;
    private IDisposable? _companion;

    private SharedBlock(BlockHold hold) => _hold = hold;

    /// <summary>The first byte, on a 64-byte boundary.</summary>
    public byte* Pointer => Hold.Pointer;

    /// <summary>In bytes, as asked for.</summary>
    public nuint Size => Hold.Size;

    /// <summary>How many handles there are, in all processes; those of processes that have ended do not count.</summary>
    public int ReferenceCount => Arena.CountHandles(Hold);

    /// <summary>What can lie behind the block; <see langword="null"/> unless it was allocated for that, on a system that can.</summary>
    public SharedExtents? Extents => Hold.Segment.Extents;

    private BlockHold Hold
    {
        get
        {
            BlockHold? hold = _hold;
            ObjectDisposedException.ThrowIf(hold is null, this);
            return hold;
        }
    }

    /// <summary>Takes a new block of zeros. Costs well under a microsecond up to 256 KiB, a mapping of its own above.</summary>
    /// <exception cref="IOException">The system refused the memory.</exception>
    public static SharedBlock Allocate(nuint size) => new(Arena.Allocate(size));

    /// <summary>Takes a new block of zeros that can have <see cref="Extents"/>. Costs a mapping of its own.</summary>
    /// <exception cref="IOException">The system refused the memory.</exception>
    public static SharedBlock AllocateExtensible(nuint size) => new(Arena.AllocateExtensible(size));

    /// <summary>Another handle to the same block, to be disposed of in its turn.</summary>
    public SharedBlock Duplicate()
    {
        BlockHold hold = Hold;
        Arena.AddHandle(hold);
        return new SharedBlock(hold);
    }

    /// <summary>
    /// Writes a reference that one process can attach with. This process keeps the block, also past <see cref="Dispose"/>, until the
    /// reference has been read for the first time; if it never is, until this process ends.
    /// </summary>
    public void Write(ref MessagePackWriter writer) => Arena.Refer(Hold).Write(ref writer);

    /// <summary>Attaches to the block that <see cref="Write"/> referred to.</summary>
    /// <exception cref="IOException">The block is gone: the writer has ended, or the reference was read before and freed since.</exception>
    public static SharedBlock Read(ref MessagePackReader reader) => new(Arena.Attach(BlockReference.Read(ref reader)));

    /// <summary>
    /// The object of a layer above that lives with this handle: the lock in its first bytes. Made when it is first asked for, disposed of
    /// with the handle.
    /// </summary>
    /// <param name="create">Called with another handle to the block, which is then the object's.</param>
    public T Companion<T>(Func<SharedBlock, T> create)
        where T : class, IDisposable
    {
        ObjectDisposedException.ThrowIf(_hold is null, this);
        if (Volatile.Read(ref _companion) is T companion)
        {
            return companion;
        }

        T created = create(Duplicate());
        if (Interlocked.CompareExchange(ref _companion, created, null) is T first)
        {
            created.Dispose();
            return first;
        }

        if (Volatile.Read(ref _hold) is null)
        {
            // Disposed of meanwhile, by somebody who may not have seen the companion.
            created.Dispose();
        }

        return created;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _hold, null) is { } hold)
        {
            Volatile.Read(ref _companion)?.Dispose();
            Arena.RemoveHandle(hold);
        }
    }
}
