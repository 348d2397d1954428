using System.Runtime.CompilerServices;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// A first-in-first-out queue of items as bytes, in shared memory: any number of producers and consumers in any number of
/// processes, each of which may be killed or paused at any instant.
/// </summary>
/// <remarks>
/// <para>
/// Two locks: one for the tail, which producers take, one for the head, which consumers take. Both know their holder and
/// pass on when it ends (<see cref="RobustLock"/>). What they protect is arranged so that a dead holder leaves nothing to
/// mend:
/// </para>
/// <code>
///  put:   lock the tail ─► room? ─► write behind the tail ─► store the tail  ─► unlock ─► wake consumers, if any wait
///  take:  lock the head ─► item? ─► copy from the head ─► note the take ─► store the head ─► tally it ─► unlock ─► wake producers
/// </code>
/// <para>
/// Each is made by one store. A producer that dies before its store has put nothing: what it wrote lies behind the tail and
/// is overwritten. A consumer that dies before its store has taken nothing. One that dies after it has taken the item, and
/// whoever gets the lock next completes its tally from the note (<see cref="QueueRing.Mend"/>), so that it is known how many
/// items went with it. Before the unlocking anybody's death is the lock's affair, after it that of whoever waits at the gates
/// (<see cref="WakeGate"/>).
/// </para>
/// <para>
/// Orderings. The item is read after the tail (acquire) that was stored after the item was written (release); room is
/// overwritten after the head (acquire) that was stored after the item was copied (release). Unlocking is a full fence, which
/// the gates rely on. Positions of the own side are read plainly, since the lock that was taken orders them.
/// </para>
/// </remarks>
internal sealed unsafe partial class QueueRing
{
    private readonly SharedLifetime _lifetime;
    private readonly RobustLock _tailLock;
    private readonly RobustLock _headLock;
    private readonly RobustLock _membersLock;
    private readonly QueueState* _state;
    private readonly byte* _ring;
    private readonly uint _units;
    private readonly uint _unitSize;
    private readonly uint _maximumItems;
    private readonly bool _itemsAreUnits;
    private readonly QueueFullMode _fullMode;

    private QueueRing(SharedBlock block, bool itemsAreUnits, object owner)
    {
        _lifetime = new SharedLifetime(block, owner);
        _state = (QueueState*)block.Pointer;
        _ring = block.Pointer + QueueLayout.RingOffset;
        (_units, _unitSize, _maximumItems, _fullMode) = (_state->Units, _state->UnitSize, _state->MaximumItems, _state->FullMode);
        _itemsAreUnits = itemsAreUnits;
        Extents = itemsAreUnits ? null : block.Extents;
        _tailLock = new RobustLock(_lifetime, &_state->TailLock);
        _headLock = new RobustLock(_lifetime, &_state->HeadLock);
        _membersLock = new RobustLock(_lifetime, &_state->MembersLock);
        _member = Claim();
        Join();
    }

    /// <summary>Where consumers wait.</summary>
    private WakeGate Items => new(&_state->Items);

    /// <summary>Where producers wait.</summary>
    private WakeGate Room => new(&_state->Room);

    private RingMemory Memory => new(_ring, (nuint)_units * _unitSize);

    /// <summary>Where items lie that are larger than the ring; <see langword="null"/> where the system has no such place.</summary>
    public SharedExtents? Extents { get; }

    /// <summary>Whether the object above may no longer be used.</summary>
    public bool IsDisposed => _lifetime.IsDisposed;

    /// <summary>How many bytes an item of varying size can have at most.</summary>
    public int LargestItem => (int)Math.Min(int.MaxValue, ((long)_units * _unitSize) - QueueLayout.RecordHeader);

    /// <summary>How many bytes the ring has.</summary>
    public long CapacityInBytes => (long)_units * _unitSize;

    /// <summary>How many items fit at most.</summary>
    public int CapacityInItems => (int)Math.Min(_maximumItems, _units);

    /// <summary>What happens when there is no room.</summary>
    public QueueFullMode FullMode => _fullMode;

    /// <summary>How many items were dropped.</summary>
    public long Dropped => Volatile.Read(ref _state->Dropped);

    /// <summary>Whether nothing is put any more.</summary>
    public bool IsCompleted => Volatile.Read(ref _state->Completed) != 0;

    /// <summary>How many items are there.</summary>
    public int Count
    {
        get
        {
            var head = new RingPosition(Volatile.Read(ref _state->Head));
            while (true)
            {
                // What is between the two at one moment: the head may move only between the first look and the last.
                var tail = new RingPosition(Volatile.Read(ref _state->Tail));
                var again = new RingPosition(Volatile.Read(ref _state->Head));
                if (again == head)
                {
                    return (int)(tail.Items - head.Items);
                }

                head = again;
            }
        }
    }

    /// <summary>Whether there is an item, or will never be one again.</summary>
    public bool IsReady => HasItem || IsCompleted;

    private bool HasItem => Volatile.Read(ref _state->Tail) != Volatile.Read(ref _state->Head);

    /// <exception cref="IOException">The system refused the memory.</exception>
    public static QueueRing Create(ProcessQueueOptions options, int itemSize, ulong itemType, object owner)
    {
        bool itemsAreUnits = itemSize > 0;
        int unitSize = itemsAreUnits ? itemSize : QueueLayout.RecordUnit;
        uint units = QueueLayout.UnitsFor(options, unitSize, itemsAreUnits);
        nuint length = QueueLayout.RingOffset + ((nuint)units * (nuint)unitSize);
        SharedBlock block = itemsAreUnits ? SharedBlock.Allocate(length) : SharedBlock.AllocateExtensible(length);
        var state = (QueueState*)block.Pointer;
        state->ItemType = itemType;
        state->UnitSize = (uint)unitSize;
        state->Units = units;
        state->MaximumItems = (uint)(options.CapacityInItems ?? int.MaxValue);
        state->FullMode = options.FullMode;
        state->Magic = QueueState.CurrentMagic;
        return new QueueRing(block, itemsAreUnits, owner);
    }

    /// <exception cref="IOException">The queue is gone, or is not one of these.</exception>
    public static QueueRing Attach(ref MessagePackReader reader, int itemSize, ulong itemType, object owner)
    {
        SharedBlock block = SharedBlock.Read(ref reader);
        try
        {
            var state = (QueueState*)block.Pointer;
            if (block.Size < QueueLayout.RingOffset || state->Magic != QueueState.CurrentMagic
                || state->Units * (ulong)state->UnitSize > block.Size - QueueLayout.RingOffset)
            {
                throw new IOException("The shared memory that was referred to is not a queue of this version of the library.");
            }

            if (state->ItemType != itemType)
            {
                throw new MessagePackSerializationException(
                    $"The queue has items of another type than {owner.GetType().GetGenericArguments()[0]}. "
                    + "Receive it as the very type that it was created as.");
            }

            return new QueueRing(block, itemSize > 0, owner);
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    /// <summary>Writes a reference that another process can attach with.</summary>
    public void WriteReference(ref MessagePackWriter writer)
    {
        _lifetime.ThrowIfDisposed();
        _lifetime.Block.Write(ref writer);
    }

    /// <summary>Ends the use of the queue in this process.</summary>
    public void Dispose()
    {
        if (!_lifetime.IsDisposed)
        {
            Leave();
            _ = _lifetime.Dispose();
        }
    }

    /// <summary>Throws if the object above may no longer be used.</summary>
    public void ThrowIfDisposed() => _lifetime.ThrowIfDisposed();

    /// <summary>Says that nothing is put any more, and wakes everybody who waits for anything.</summary>
    public void Complete()
    {
        _ = _tailLock.Acquire(Deadline.Infinite, CancellationToken.None);
        Volatile.Write(ref _state->Completed, 1);
        CrashPoint.Reach("queue.complete.stored");
        _tailLock.Release();
        Items.Wake();
        Room.Wake();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* UnitAt(uint position) => _ring + ((nuint)(position & (_units - 1)) * _unitSize);

    private void CopyIn(uint position, ReadOnlySpan<byte> bytes) => Memory.CopyIn((nuint)(UnitAt(position) - _ring), bytes);

    private void CopyOut(uint position, Span<byte> bytes) => Memory.CopyOut((nuint)(UnitAt(position) - _ring), bytes);

    /// <summary>The units of the item that lies at a position.</summary>
    private uint UnitsAt(uint position) =>
        _itemsAreUnits ? 1 : QueueRecord.UnitsFor(Unsafe.ReadUnaligned<uint>(UnitAt(position)));
}
