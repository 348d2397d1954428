using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// Items on their way into or out of a queue, one after the other as they lie in its ring: a buffer per thread, reused, so
/// that nothing is allocated for them.
/// </summary>
internal sealed class RecordBuffer : GrowingBuffer, IDisposable
{
    private const int KeptLength = 1024 * 1024;

    [ThreadStatic]
    private static RecordBuffer? s_spare;

    /// <summary>Where the item begins that is being written.</summary>
    private int _record;

    /// <summary>Where the last item ends that has been ended.</summary>
    private int _ended;

    /// <summary>How many bytes, from the first on, are in a queue.</summary>
    private int _put;

    /// <summary>All that has been written.</summary>
    public ReadOnlyMemory<byte> Written => Bytes.AsMemory(0, Count);

    /// <summary>The items that are in a queue.</summary>
    public ReadOnlyMemory<byte> Put => Bytes.AsMemory(0, _put);

    /// <summary>The items that are not in a queue yet.</summary>
    public ReadOnlyMemory<byte> Left => Bytes.AsMemory(_put, Count - _put);

    /// <summary>The items of varying size that have been written, without one that has not been ended.</summary>
    public ReadOnlyMemory<byte> Ended => Bytes.AsMemory(0, _ended);

    /// <summary>The bytes of the item that is being written, so far.</summary>
    public ReadOnlySpan<byte> CurrentItem => Bytes.AsSpan(_record + QueueLayout.RecordHeader, Count - _record - QueueLayout.RecordHeader);

    private RecordBuffer()
        : base(0, $"Items that are put at once can be {Array.MaxLength} bytes long at most when serialized. Put them in parts.")
    {
    }

    /// <summary>Takes this thread's buffer; serializing within serializing gets another.</summary>
    public static RecordBuffer Rent()
    {
        RecordBuffer buffer = s_spare ?? new RecordBuffer();
        s_spare = null;
        return buffer;
    }

    /// <summary>Forgets what has been written.</summary>
    public void Clear() => Count = _ended = _put = 0;

    /// <summary>Notes that the first of what was left are in a queue: kept here, where no exception makes it forgotten.</summary>
    public void MarkPut(int bytes) => _put += bytes;

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        Clear();
        if (Bytes.Length <= KeptLength)
        {
            s_spare = this;
        }
    }

    /// <summary>Begins an item of varying size; its bytes are written next.</summary>
    public void Begin()
    {
        _record = Count;
        Reserve(QueueLayout.RecordHeader);
        Count += QueueLayout.RecordHeader;
    }

    /// <summary>Gives up the bytes of the item so far: others come in their place.</summary>
    public void Restart() => Count = _record + QueueLayout.RecordHeader;

    /// <summary>Ends the item.</summary>
    public void End(QueueRecordKind kind)
    {
        int length = CurrentItem.Length;
        Span<byte> header = Bytes.AsSpan(_record);
        MemoryMarshal.Write(header, length);
        MemoryMarshal.Write(header[sizeof(int)..], (int)kind);
        int padding = -length & (QueueLayout.RecordUnit - 1);
        Reserve(padding);
        Bytes.AsSpan(Count, padding).Clear();
        Count += padding;
        _ended = Count;
    }

    /// <summary>Splits the first item of varying size off what was written.</summary>
    public static (QueueRecordKind Kind, ReadOnlyMemory<byte> Item) Split(ref ReadOnlyMemory<byte> records)
    {
        ReadOnlySpan<byte> header = records.Span;
        int length = MemoryMarshal.Read<int>(header);
        var kind = MemoryMarshal.Read<QueueRecordKind>(header[sizeof(int)..]);
        ReadOnlyMemory<byte> item = records.Slice(QueueLayout.RecordHeader, length);
        records = records[(int)(QueueRecord.UnitsFor((uint)length) * QueueLayout.RecordUnit)..];
        return (kind, item);
    }

    /// <summary>Adds bytes as they are.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(Bytes.AsSpan(Count));
        Count += bytes.Length;
    }
}
