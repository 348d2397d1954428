using System.Runtime.CompilerServices;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// A first-in-first-out queue between any number of producers and consumers in any number of processes, in shared memory.
/// Every item is taken by exactly one consumer. The counterpart of <c>multiprocessing.Queue</c>, <c>SimpleQueue</c> and
/// <c>JoinableQueue</c>.
/// </summary>
/// <typeparam name="T">
/// The items. Those of unmanaged types are copied as they lie in memory; others are serialized when they are put, so that
/// later changes do not travel. Handles can be part of them: connections, locks, memory, other queues.
/// </typeparam>
/// <remarks>
/// <para>
/// The queue is bounded; what happens when it is full is its <see cref="FullMode"/>. Items come out in the order in which
/// they were put, over all producers. When a call returns, the item is in the queue: no thread in the background has still to
/// send it, and a process that has put items may end at once, or be killed. The exceptions are items with handles in them and,
/// on Windows and macOS, items that are larger than the whole queue: those stay with the process that put them until they are
/// taken, so it must live until then (<see cref="QueueItemLostException"/>).
/// </para>
/// <para>
/// A process may be killed at any instant. What it was putting is then not in the queue, what it was taking is either still
/// in it or gone with that process, and <see cref="Losses"/> tells how much that was; nothing is torn, nothing comes
/// twice, and nobody is left waiting. A process that is stopped (SIGSTOP) in the fraction of a microsecond in which it puts
/// or takes makes the others of its side wait until it goes on: death is proven, never assumed.
/// </para>
/// <para>
/// All members are safe to call from any thread, except that <see cref="Dispose"/> must not run beside others than waiting
/// ones, which it ends with <see cref="ObjectDisposedException"/>. There is no fairness among waiters. Waiting uses no
/// processor time, and awaiting no thread. Without waiting, putting or taking an item costs some tens of nanoseconds and no
/// system call.
/// </para>
/// </remarks>
[MessagePackFormatter(typeof(ProcessQueueFormatter<>))]
public sealed partial class ProcessQueue<T> : IWaitable, IDisposable
{
    private readonly QueueRing _ring;

    /// <summary>Creates an empty queue.</summary>
    /// <param name="options">What it is to be like; 256 KiB in which puts wait for room if not given.</param>
    /// <exception cref="ArgumentException">The options ask for no capacity, or for too much.</exception>
    /// <exception cref="IOException">The system refused the memory.</exception>
    public ProcessQueue(ProcessQueueOptions? options = null)
    {
        options ??= new ProcessQueueOptions();
        options.Validate();
        _ring = QueueRing.Create(options, QueueItems<T>.Size, QueueItems<T>.Type, this);
    }

    /// <summary>Creates an empty queue for a number of items, in which puts wait for room.</summary>
    /// <param name="capacityInItems">How many items fit, at least 1; fewer if they are large (<see cref="ProcessQueueOptions.CapacityInBytes"/>).</param>
    public ProcessQueue(int capacityInItems)
        : this(new ProcessQueueOptions { CapacityInItems = capacityInItems })
    {
    }

    internal ProcessQueue(ref MessagePackReader reader)
    {
        _ring = QueueRing.Attach(ref reader, QueueItems<T>.Size, QueueItems<T>.Type, this);
    }

    /// <summary>
    /// Raised with each item that this process's puts have dropped for want of room, on the thread that puts. Not raised for
    /// what other processes drop.
    /// </summary>
    /// <remarks>
    /// If nobody subscribes, items that are handles themselves (connections, memory, locks: whatever this library has of the kind) are disposed
    /// of soon after. Of handles within other items only those of an item that was not even put (<see cref="QueueFullMode.DropWrite"/>) are;
    /// the others stay with the process that put them until it ends: subscribe, and dispose of them.
    /// </remarks>
    public event EventHandler<ItemDroppedEventArgs<T>>? ItemDropped;

    /// <summary>How many items are in the queue, exactly, at one moment during the call.</summary>
    public int Count => Ring.Count;

    /// <summary>Whether no item is in the queue, at one moment during the call.</summary>
    public bool IsEmpty => Ring.Count == 0;

    /// <summary>How many items were dropped for want of room, by all processes.</summary>
    public long DroppedItems => Ring.Dropped;

    /// <summary>Whether <see cref="Complete"/> was called, in whatever process. Items may still be there.</summary>
    public bool IsCompleted => Ring.IsCompleted;

    /// <summary>What happens when an item is put and there is no room for it.</summary>
    public QueueFullMode FullMode => Ring.FullMode;

    /// <summary>How many bytes of items fit.</summary>
    public long CapacityInBytes => Ring.CapacityInBytes;

    /// <inheritdoc/>
    /// <remarks>Ready is a queue with an item, and one that is completed: taking then tells so at once.</remarks>
    public bool IsReady => Ring.IsReady;

    /// <summary>
    /// The processes that were killed, or crashed, while they had the queue open, and what each had taken. Of very many, the
    /// last 64. Looks whether any has ended since; costs some microseconds per process that uses the queue.
    /// </summary>
    public IReadOnlyList<QueueLoss> Losses
    {
        get
        {
            int first = 0;
            return Ring.LossesFrom(ref first);
        }
    }

    /// <summary>Where items lie that are larger than the queue; <see langword="null"/> if they go by reference.</summary>
    internal SharedExtents? Extents => _ring.Extents;

    /// <summary>Whether items are copied as they lie in memory; otherwise they are serialized.</summary>
    private static bool IsBlock => !RuntimeHelpers.IsReferenceOrContainsReferences<T>();

    private QueueRing Ring
    {
        get
        {
            _ring.ThrowIfDisposed();
            return _ring;
        }
    }

    /// <inheritdoc/>
    public async Task WaitReadyAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = await Ring.WaitReadyAsync(isAsync: true, Deadline.Infinite, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the queue: nothing can be put any more, by anybody, and consumers end once they have taken what is there. Calling
    /// it again changes nothing. Waits at most for a put in progress.
    /// </summary>
    public void Complete() => Ring.Complete();

    /// <summary>
    /// Ends the use of the queue through this object; other processes go on. What is in it is lost with the last object that
    /// stands for it.
    /// </summary>
    public void Dispose() => _ring.Dispose();

    /// <inheritdoc/>
    public override string ToString() =>
        _ring.IsDisposed
            ? $"ProcessQueue<{typeof(T).Name}> (disposed)"
            : $"ProcessQueue<{typeof(T).Name}> ({_ring.Count} items{(_ring.IsCompleted ? ", completed" : "")})";

    internal void WriteReference(ref MessagePackWriter writer) => Ring.WriteReference(ref writer);
}
