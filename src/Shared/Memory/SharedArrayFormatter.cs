using MessagePack;

namespace IpcDemos.Shared.Memory;

/// <summary>A shared array travels as a reference to its block, the size of an element, and which of the elements it has.</summary>
internal sealed class SharedArrayFormatter<T> : SharedReferenceFormatter<SharedArray<T>>
    where T : unmanaged
{
    private const int Fields = 4;

    protected override unsafe void Write(ref MessagePackWriter writer, SharedArray<T> value)
    {
        writer.WriteArrayHeader(Fields);
        value.Block.Write(ref writer);
        writer.Write(sizeof(T));
        writer.Write(value.Start);
        writer.Write(value.Length);
    }

    protected override unsafe SharedArray<T> Read(ref MessagePackReader reader)
    {
        int fields = reader.ReadArrayHeader();
        if (fields != Fields)
        {
            throw new MessagePackSerializationException($"A reference to a shared array has {Fields} parts; this one has {fields}.");
        }

        var block = SharedBlock.Read(ref reader);
        try
        {
            int elementSize = reader.ReadInt32();
            long start = reader.ReadInt64();
            long length = reader.ReadInt64();
            if (elementSize != sizeof(T))
            {
                throw new MessagePackSerializationException(
                    $"A {typeof(T).Name} takes {sizeof(T)} bytes; the elements of the shared array take {elementSize}, so it is of another type.");
            }

            long capacity = ((long)block.Size - SharedLayout.LockAreaSize) / sizeof(T);
            return start >= 0 && length >= 0 && start <= capacity - length
                ? new SharedArray<T>(block, start, length)
                : throw new MessagePackSerializationException(
                    $"A shared array of {capacity} elements cannot have {length} elements from number {start} on.");
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }
}
