using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Pools;

/// <summary>
/// Memory that a pool shares with all its workers, for the items and the results of chunks: slots, each with a side for either. What
/// lies there is written once and read where it is, instead of being copied into a message, through a pipe, and out of it.
/// </summary>
/// <remarks>
/// A slot belongs to one chunk until that has ended for certain: it was answered, its worker is dead, or it never started. So nobody
/// writes into a slot that was given to another chunk, and a chunk that runs again finds its items as they were. All members are safe
/// to call from any thread.
/// </remarks>
internal sealed class ChunkMemory : IDisposable
{
    /// <summary>The most bytes of items, or of results, that a slot takes: as much as stays in a processor's cache.</summary>
    public const int SideSize = 256 * 1024;

    // What is smaller travels as quickly within its message.
    private const int SmallestSide = 512;
    private const int MostSlots = 32;

    private readonly SharedArray<byte> _memory;
    private readonly ConcurrentStack<int> _free = new();

    // The pool itself, and each slot in use: results may still be read when the pool has been disposed of.
    private int _users = 1;
    private int _isDisposed;

    /// <summary>Creates the memory of a pool. The system hands out as much of it as is used.</summary>
    public ChunkMemory(int workers)
    {
        int slots = Math.Min(MostSlots, 4 * workers);
        _memory = new SharedArray<byte>(2L * SideSize * slots);

        // The last one given back is the next one taken, since it is still in the cache.
        _free.PushRange([.. Enumerable.Range(0, slots).Reverse()]);
    }

    /// <summary>Worker: the memory of its pool.</summary>
    public ChunkMemory(SharedArray<byte> memory) => _memory = memory;

    /// <summary>Worker: that of the pool that this process works for.</summary>
    public static ChunkMemory? Current { get; set; }

    /// <summary>What a worker is given.</summary>
    public SharedArray<byte> Shared => _memory;

    /// <summary>How many slots chunks have now.</summary>
    public int UsedSlots => Volatile.Read(ref _users) - (Volatile.Read(ref _isDisposed) == 0 ? 1 : 0);

    /// <summary>How many values of a type a slot takes; none of those that cannot be copied as they lie in memory.</summary>
    public static int CapacityOf<T>() => Layout<T>.Capacity;

    /// <summary>Whether so many values of a type fit, and are worth it.</summary>
    public static bool Suits<T>(int count) => count <= Layout<T>.Capacity && (long)count * Unsafe.SizeOf<T>() >= SmallestSide;

    /// <summary>Takes a free slot for a chunk; false if there is none.</summary>
    public bool TryTakeSlot(out int slot)
    {
        int users = Volatile.Read(ref _users);
        while (users > 0)
        {
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                if (_free.TryPop(out slot))
                {
                    return true;
                }

                RemoveUser();
                break;
            }

            users = seen;
        }

        slot = -1;
        return false;
    }

    /// <summary>Gives a slot back, of which nothing is read or written any more.</summary>
    public void ReturnSlot(int slot)
    {
        _free.Push(slot);
        RemoveUser();
    }

    /// <summary>The items of the chunk in a slot.</summary>
    public Span<T> Items<T>(int slot, int count) => Side<T>(2 * slot, count);

    /// <summary>The results of the chunk in a slot.</summary>
    public Span<T> Results<T>(int slot, int count) => Side<T>((2 * slot) + 1, count);

    /// <summary>The pool is done with it; the memory goes when the last slot has been given back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            RemoveUser();
        }
    }

    private Span<T> Side<T>(int side, int count)
    {
        Span<byte> bytes = _memory.GetSpan((long)side * SideSize, checked(count * Unsafe.SizeOf<T>()));
        return MemoryMarshal.CreateSpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetReference(bytes)), count);
    }

    private void RemoveUser()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _memory.Dispose();
        }
    }

    private static class Layout<T>
    {
        public static readonly int Capacity =
            typeof(T) == typeof(byte) || BlockLayout.IsBlock(typeof(T)) ? SideSize / Unsafe.SizeOf<T>() : 0;
    }
}
