using IpcDemos.Shared.Memory;
using MessagePack;

namespace IpcDemos.Shared.Synchronization;

/// <summary>Sends locks, events and the like by reference.</summary>
internal sealed class SynchronizationFormatter<T> : SharedReferenceFormatter<T>
    where T : class, ISharedReference<T>
{
    protected override void Write(ref MessagePackWriter writer, T value) => value.WriteReference(ref writer);

    protected override T Read(ref MessagePackReader reader) => T.ReadReference(ref reader);
}
