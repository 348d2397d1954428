using MessagePack;

namespace IpcDemos.Shared.Memory;

/// <summary>Named memory travels as its name, anonymous memory as a reference to its block.</summary>
internal sealed class SharedMemoryFormatter : SharedReferenceFormatter<SharedMemory>
{
    protected override void Write(ref MessagePackWriter writer, SharedMemory value) => value.WriteReference(ref writer);

    protected override SharedMemory Read(ref MessagePackReader reader) =>
        reader.NextMessagePackType == MessagePackType.String
            ? SharedMemory.Open(reader.ReadString()!)
            : new SharedMemory(SharedBlock.Read(ref reader));
}
