using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// The beginning of a one-way pipe in shared memory; its bytes follow. What the writer writes, what the reader writes and what
/// both rarely touch lies on different pairs of cache lines.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 512)]
internal struct RingPipeState
{
    /// <summary>Says that this is a pipe, and in which version.</summary>
    public const ulong CurrentMagic = 0x3150_4950_4443_5049; // "IPCDPIP1"

    /// <summary>How many bytes a pipe holds; a power of two.</summary>
    public const int Capacity = 128 * 1024;

    [FieldOffset(0)]
    public ulong Magic;

    /// <summary>Who has the reading end: see <see cref="RingPipeEnd"/>.</summary>
    [FieldOffset(64)]
    public ulong Reader;

    /// <summary>Who has the writing end.</summary>
    [FieldOffset(72)]
    public ulong Writer;

    /// <summary>Who is about to take over the reading end, or last did.</summary>
    [FieldOffset(80)]
    public ulong NextReader;

    /// <summary>Who is about to take over the writing end, or last did.</summary>
    [FieldOffset(88)]
    public ulong NextWriter;

    /// <summary>How many bytes have been written, ever. Storing it publishes them.</summary>
    [FieldOffset(128)]
    public ulong Tail;

    /// <summary>How many bytes have been read, ever. Storing it gives their room back.</summary>
    [FieldOffset(256)]
    public ulong Head;

    /// <summary>Where the reader waits.</summary>
    [FieldOffset(384)]
    public GateState Readable;

    /// <summary>Where the writer waits.</summary>
    [FieldOffset(448)]
    public GateState Writable;
}
