using MessagePack;

namespace IpcDemos.Shared.Memory;

/// <summary>A shared value travels as a reference to its block.</summary>
internal sealed class SharedValueFormatter<T> : SharedReferenceFormatter<SharedValue<T>>
    where T : unmanaged
{
    protected override void Write(ref MessagePackWriter writer, SharedValue<T> value) => value.Block.Write(ref writer);

    protected override SharedValue<T> Read(ref MessagePackReader reader)
    {
        var block = SharedBlock.Read(ref reader);
        nuint size = SharedLayout.SizeOf<T>(1);
        if (block.Size == size)
        {
            return new SharedValue<T>(block);
        }

        nuint actual = block.Size;
        block.Dispose();
        throw new MessagePackSerializationException(
            $"A SharedValue<{typeof(T).Name}> takes {size} bytes; the one referred to has {actual}, so it is of another type.");
    }
}
