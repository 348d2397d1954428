using IpcDemos.Shared.Memory;
using MessagePack;

namespace IpcDemos.Shared.Channels;

/// <summary>Sends queues by reference.</summary>
internal sealed class ProcessQueueFormatter<T> : SharedReferenceFormatter<ProcessQueue<T>>
{
    protected override void Write(ref MessagePackWriter writer, ProcessQueue<T> value) => value.WriteReference(ref writer);

    protected override ProcessQueue<T> Read(ref MessagePackReader reader) => new(ref reader);
}
