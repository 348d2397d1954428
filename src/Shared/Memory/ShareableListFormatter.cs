using MessagePack;

namespace IpcDemos.Shared.Memory;

/// <summary>A shareable list travels as its name, however long it is.</summary>
internal sealed class ShareableListFormatter : SharedReferenceFormatter<ShareableList>
{
    protected override void Write(ref MessagePackWriter writer, ShareableList value) => writer.Write(value.Name);

    protected override ShareableList Read(ref MessagePackReader reader) =>
        ShareableList.Open(reader.ReadString() ?? throw new MessagePackSerializationException("A reference to a shareable list has no name."));
}
