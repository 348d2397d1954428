using IpcDemos.Shared.Memory;
using MessagePack;

namespace IpcDemos.Shared.Csp;

/// <summary>Moves ends of channels to the process that reads the message.</summary>
internal sealed class WriteEndFormatter<T> : SharedReferenceFormatter<WriteEnd<T>>
{
    protected override void Write(ref MessagePackWriter writer, WriteEnd<T> value) => value.MoveTo(ref writer);

    protected override WriteEnd<T> Read(ref MessagePackReader reader) => new(ref reader);
}
