using System.Buffers;

namespace IpcDemos.Shared.Serialization;

/// <summary>Lends each thread one buffer to write messages in, so that a small message costs no more than its result.</summary>
internal static class MessageBuffer
{
    private const int KeptCapacity = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? s_buffer;

    public static ArrayBufferWriter<byte> Rent()
    {
        // Taken out: a property that serializes something while it is read must not write into the message under way.
        ArrayBufferWriter<byte> buffer = s_buffer ?? new ArrayBufferWriter<byte>();
        s_buffer = null;
        return buffer;
    }

    public static void Return(ArrayBufferWriter<byte> buffer)
    {
        if (buffer.Capacity <= KeptCapacity)
        {
            buffer.ResetWrittenCount();
            s_buffer = buffer;
        }
    }
}
