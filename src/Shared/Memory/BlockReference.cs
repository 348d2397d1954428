using System.Buffers;
using MessagePack;

namespace IpcDemos.Shared.Memory;

/// <summary>A block as it is named in a message.</summary>
/// <param name="Segment">The segment's identifier.</param>
/// <param name="ProcessId">A process that has the segment mapped until the reference is read: the writer.</param>
/// <param name="Handle">Its handle to the segment.</param>
/// <param name="Length">How much of the segment is mapped, in bytes.</param>
/// <param name="Granule">Where in the segment the block starts.</param>
/// <param name="Generation">Which of the blocks that start there over time.</param>
/// <param name="Ticket">What keeps the block while the reference is on its way.</param>
internal readonly record struct BlockReference(Guid Segment, int ProcessId, int Handle, long Length, int Granule, long Generation, Ticket Ticket)
{
    private const int Fields = 8;

    public void Write(ref MessagePackWriter writer)
    {
        Span<byte> id = stackalloc byte[16];
        _ = Segment.TryWriteBytes(id);
        writer.WriteArrayHeader(Fields);
        writer.Write(id);
        writer.Write(ProcessId);
        writer.Write(Handle);
        writer.Write(Length);
        writer.Write(Granule);
        writer.Write(Generation);
        writer.Write(Ticket.Index);
        writer.Write(Ticket.Word);
    }

    public static BlockReference Read(ref MessagePackReader reader)
    {
        int fields = reader.ReadArrayHeader();
        if (fields != Fields)
        {
            throw new MessagePackSerializationException($"A reference to shared memory has {Fields} parts; this one has {fields}.");
        }

        ReadOnlySequence<byte> id = reader.ReadBytes() ?? default;
        return id.Length == 16
            ? new BlockReference(
                new Guid(id.ToArray()),
                reader.ReadInt32(),
                reader.ReadInt32(),
                reader.ReadInt64(),
                reader.ReadInt32(),
                reader.ReadInt64(),
                new Ticket(reader.ReadInt32(), reader.ReadUInt64()))
            : throw new MessagePackSerializationException($"A shared-memory segment's identifier has 16 bytes; this one has {id.Length}.");
    }
}
