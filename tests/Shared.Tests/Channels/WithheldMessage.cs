using System.Buffers;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>A message of which nobody can read more than the beginning until it is released: holds a sender in the middle of it.</summary>
internal sealed class WithheldMessage : IDisposable
{
    private readonly Rest _rest;

    /// <param name="message">All of it.</param>
    /// <param name="beginning">How many bytes are there at once.</param>
    public WithheldMessage(byte[] message, int beginning)
    {
        _rest = new Rest(message[beginning..]);
        var tail = new Segment(_rest.Memory, beginning, next: null);
        var head = new Segment(message.AsMemory(0, beginning), 0, tail);
        Bytes = new ReadOnlySequence<byte>(head, 0, tail, tail.Memory.Length);
    }

    public ReadOnlySequence<byte> Bytes { get; }

    public void Release() => _rest.Release();

    // Lets go of a sender whose receiver has failed, so that a failed test ends.
    public void Dispose() => Release();

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long start, Segment? next)
        {
            Memory = memory;
            RunningIndex = start;
            Next = next;
        }
    }

    private sealed class Rest(byte[] bytes) : MemoryManager<byte>
    {
        private readonly ManualResetEventSlim _released = new();

        // The length is known before the bytes are: the default asks for the span.
        public override Memory<byte> Memory => CreateMemory(bytes.Length);

        public void Release() => _released.Set();

        public override Span<byte> GetSpan()
        {
            _released.Wait();
            return bytes;
        }

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            _released.Wait();
            return bytes.AsMemory(elementIndex).Pin();
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing) => Release();
    }
}
