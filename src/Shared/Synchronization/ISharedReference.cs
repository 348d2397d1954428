using MessagePack;

namespace IpcDemos.Shared.Synchronization;

/// <summary>An object that travels as a reference to its shared memory.</summary>
internal interface ISharedReference<TSelf>
    where TSelf : class, ISharedReference<TSelf>
{
    /// <summary>Writes the reference.</summary>
    void WriteReference(ref MessagePackWriter writer);

    /// <summary>Attaches to what <see cref="WriteReference"/> referred to.</summary>
    static abstract TSelf ReadReference(ref MessagePackReader reader);
}
