using IpcDemos.Shared.Memory;
using MessagePack;

namespace IpcDemos.Shared.Csp;

/// <summary>Moves ends of channels to the process that reads the message.</summary>
internal sealed class ReadEndFormatter<T> : SharedReferenceFormatter<ReadEnd<T>>
{
    protected override void Write(ref MessagePackWriter writer, ReadEnd<T> value) => value.MoveTo(ref writer);

    protected override ReadEnd<T> Read(ref MessagePackReader reader) => new(ref reader);
}
