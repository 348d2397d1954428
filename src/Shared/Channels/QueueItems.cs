using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Channels;

/// <summary>Turns items into what lies in a queue's ring and back: see the page "Queues" of the protocol.</summary>
internal static class QueueItems<T>
{
    private static readonly Lock s_givingUp = new();
    private static Task s_givenUp = Task.CompletedTask;

    /// <summary>How many bytes each item has; 0 if they are serialized, and vary.</summary>
    public static int Size => AreBlocks ? Unsafe.SizeOf<T>() : 0;

    /// <summary>FNV-1a of the type's name: stable between processes, which hash codes of strings are not.</summary>
    public static ulong Type { get; } = typeof(T).ToString().Aggregate(
        14695981039346656037, static (hash, character) => (hash ^ character) * 1099511628211);

    /// <summary>
    /// Whether items are connections, memory, locks and the like of this library. What a user's own class does when it is disposed of
    /// may be meant for the one who puts it.
    /// </summary>
    private static bool AreHandles =>
        !AreBlocks && typeof(IDisposable).IsAssignableFrom(typeof(T)) && typeof(T).Assembly == typeof(QueueItems<>).Assembly;

    private static bool AreBlocks => !RuntimeHelpers.IsReferenceOrContainsReferences<T>();

    /// <summary>Adds items to the buffer.</summary>
    /// <param name="records">Where they go.</param>
    /// <param name="items">The items.</param>
    /// <param name="largest">The most bytes that a serialized item can have in the ring; larger ones lie outside.</param>
    /// <param name="extents">Where larger ones lie; if nowhere, they go by reference.</param>
    public static void Write(RecordBuffer records, ReadOnlySpan<T> items, int largest, SharedExtents? extents = null)
    {
        if (AreBlocks)
        {
            ref byte first = ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(items));
            records.Append(MemoryMarshal.CreateReadOnlySpan(ref first, checked(items.Length * Unsafe.SizeOf<T>())));
            return;
        }

        foreach (T item in items)
        {
            records.Begin();
            MessageSerializer.Serialize(records, item);
            records.End(records.CurrentItem.Length <= largest ? QueueRecordKind.Value : MoveOut(records, extents));
        }
    }

    /// <summary>Reads the first item of several and splits it off.</summary>
    /// <exception cref="QueueItemLostException">It went by reference, and its producer has ended.</exception>
    public static T Read(ref ReadOnlyMemory<byte> records, SharedExtents? extents = null)
    {
        if (AreBlocks)
        {
            T value = Unsafe.ReadUnaligned<T>(in MemoryMarshal.GetReference(records.Span));
            records = records[Unsafe.SizeOf<T>()..];
            return value;
        }

        (QueueRecordKind kind, ReadOnlyMemory<byte> item) = RecordBuffer.Split(ref records);
        return kind switch
        {
            QueueRecordKind.Value => MessageSerializer.Deserialize<T>(item),
            QueueRecordKind.Reference => ReadReferred(item),
            _ => ReadExtent(item, extents!),
        };
    }

    /// <summary>How many items the records are.</summary>
    public static int Count(ReadOnlyMemory<byte> records)
    {
        if (AreBlocks)
        {
            return records.Length / Size;
        }

        int count = 0;
        for (; !records.IsEmpty; count++)
        {
            _ = RecordBuffer.Split(ref records);
        }

        return count;
    }

    /// <summary>Whether the first item lies outside of the records.</summary>
    public static bool HasReference(ReadOnlyMemory<byte> records) =>
        !AreBlocks && RecordBuffer.Split(ref records).Kind == QueueRecordKind.Reference;

    /// <summary>Frees what items that nobody will take have outside of the ring.</summary>
    public static void Discard(ReadOnlyMemory<byte> records, SharedExtents? extents = null)
    {
        while (!AreBlocks && !records.IsEmpty)
        {
            (QueueRecordKind kind, ReadOnlyMemory<byte> item) = RecordBuffer.Split(ref records);
            if (kind == QueueRecordKind.Extent)
            {
                try
                {
                    Free(MemoryMarshal.Read<QueueExtent>(item.Span), extents!);
                }
                catch (ObjectDisposedException)
                {
                    // The queue was disposed of during the wait for room. Who finds that this process has ended frees it.
                }
            }
            else if (kind == QueueRecordKind.Reference)
            {
                try
                {
                    OpenReferred(item).Dispose();
                }
                catch (QueueItemLostException)
                {
                    // It is gone already.
                }
            }
        }
    }

    /// <summary>
    /// As <see cref="Discard"/>, of items that were in a queue: those that are handles are taken and disposed of, so that the process
    /// that put them keeps them no longer. In the background, since it may have to be asked for them, and may be stopped.
    /// </summary>
    public static void GiveUp(ReadOnlyMemory<byte> records, SharedExtents? extents)
    {
        Discard(records, extents);
        if (AreHandles)
        {
            byte[] kept = records.ToArray();
            lock (s_givingUp)
            {
                // One after the other, on a thread of their own: one whose process is stopped must not keep threads of the pool.
                s_givenUp = s_givenUp.ContinueWith(
                    _ => TakeAndDispose(kept), CancellationToken.None, TaskContinuationOptions.LongRunning, TaskScheduler.Default);
            }
        }
    }

    private static void TakeAndDispose(ReadOnlyMemory<byte> records)
    {
        while (!records.IsEmpty)
        {
            (QueueRecordKind kind, ReadOnlyMemory<byte> item) = RecordBuffer.Split(ref records);
            try
            {
                if (kind == QueueRecordKind.Value)
                {
                    (MessageSerializer.Deserialize<T>(item) as IDisposable)?.Dispose();
                }
            }
            catch (Exception error) when (error is IOException or MessageSerializationException)
            {
                // It was taken back, or has gone with the process that put it.
            }
        }
    }

    private static QueueRecordKind MoveOut(RecordBuffer records, SharedExtents? extents)
    {
        if (extents is null)
        {
            ReferTo(records);
            return QueueRecordKind.Reference;
        }

        int length = records.CurrentItem.Length;
        var extent = new QueueExtent(extents.Create(records.CurrentItem), length);
        records.Restart();
        records.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<QueueExtent>(in extent)));
        return QueueRecordKind.Extent;
    }

    private static unsafe void ReferTo(RecordBuffer records)
    {
        ReadOnlySpan<byte> item = records.CurrentItem;
        using var block = SharedBlock.Allocate((nuint)item.Length);
        item.CopyTo(new Span<byte>(block.Pointer, item.Length));
        records.Restart();
        var writer = new MessagePackWriter(records);
        block.Write(ref writer);
        writer.Flush();
    }

    private static T ReadExtent(ReadOnlyMemory<byte> record, SharedExtents extents)
    {
        var extent = MemoryMarshal.Read<QueueExtent>(record.Span);
        byte[] content = ArrayPool<byte>.Shared.Rent((int)extent.Length);
        try
        {
            Memory<byte> item = content.AsMemory(0, (int)extent.Length);
            extents.Read(extent.Offset, item.Span);
            return MessageSerializer.Deserialize<T>(item);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
            Free(extent, extents);
        }
    }

    private static void Free(QueueExtent extent, SharedExtents extents) => extents.Free(extent.Offset, (int)extent.Length);

    private static unsafe T ReadReferred(ReadOnlyMemory<byte> reference)
    {
        using SharedBlock block = OpenReferred(reference);
        using var memory = new BlockMemory(block.Pointer, (int)block.Size);
        return MessageSerializer.Deserialize<T>(memory.Memory);
    }

    private static SharedBlock OpenReferred(ReadOnlyMemory<byte> reference)
    {
        var reader = new MessagePackReader(reference);
        try
        {
            return SharedBlock.Read(ref reader);
        }
        catch (IOException error)
        {
            throw new QueueItemLostException(error);
        }
    }
}
