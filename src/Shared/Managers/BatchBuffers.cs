using System.Buffers;

namespace IpcDemos.Shared.Managers;

/// <summary>What becomes of the buffers that requests and replies leave from.</summary>
internal static class BatchBuffers
{
    private const int MaximumKept = 2 * 1024 * 1024;
    private const int Initial = 1024;

    /// <summary>The buffer without its content; a small one for one that a large message has stretched, which would be kept for ever.</summary>
    public static ArrayBufferWriter<byte> Emptied(this ArrayBufferWriter<byte> buffer)
    {
        if (buffer.Capacity > MaximumKept)
        {
            return new ArrayBufferWriter<byte>(Initial);
        }

        buffer.ResetWrittenCount();
        return buffer;
    }
}
