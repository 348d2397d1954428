using IpcDemos.Shared.Memory;

namespace IpcDemos.Shared.Tests.Memory;

/// <summary>What holds for anonymous memory.</summary>
public sealed class SharedMemoryTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(1_000_001)]
    public void It_has_exactly_the_size_asked_for_filled_with_zeros(long size)
    {
        using var memory = SharedMemory.Create(size);
        Assert.Equal(size, memory.Length);
        Assert.Equal(size, memory.Span.Length);
        Assert.Equal(size, memory.Memory.Length);
        Assert.False(memory.Span.ContainsAnyExcept((byte)0));
        Assert.Null(memory.Name);
        Assert.False(memory.IsOwner);
    }

    [Fact(Timeout = 60_000)]
    public void A_negative_size_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SharedMemory.Create(-1));

    [Fact(Timeout = 60_000)]
    public void A_size_that_no_machine_has_is_an_error_and_not_a_crash() =>
        Assert.Throws<IOException>(() => SharedMemory.Create(1L << 60));

    [Fact(Timeout = 60_000)]
    public void Eight_gibibytes_are_reached_to_the_last_byte_and_take_only_the_pages_used()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Windows charges all of it at once.");
        const long Size = 8L << 30;
        using var memory = SharedMemory.Create(Size);
        memory.GetSpan(Size - 1, 1)[0] = 7;
        memory.GetSpan(5L << 30, 8).Fill(9);
        byte[] read = new byte[1];
        memory.Read(Size - 1, read);
        Assert.Equal(7, read[0]);
        Assert.Equal(9, memory.GetMemory((5L << 30) + 7, 1).Span[0]);
        Assert.Throws<InvalidOperationException>(() => memory.Span.Length);
        Assert.Throws<InvalidOperationException>(() => memory.Memory);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(0, 11)]
    [InlineData(10, 1)]
    [InlineData(long.MaxValue, 1)]
    public void Reaching_beyond_the_end_is_refused_because_it_does_not_grow(long offset, int length)
    {
        using var memory = SharedMemory.Create(10);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.GetSpan(offset, length).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.GetMemory(offset, length));
        if (length >= 0)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => memory.Read(offset, new byte[length]));
            Assert.Throws<ArgumentOutOfRangeException>(() => memory.Write(offset, new byte[length]));
        }
    }

    [Fact(Timeout = 60_000)]
    public void After_disposal_every_access_is_an_error_also_through_memory_taken_before()
    {
        var memory = SharedMemory.Create(10);
        Memory<byte> taken = memory.Memory;
        memory.Dispose();
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => memory.Memory);
        Assert.Throws<ObjectDisposedException>(() => taken.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => memory.Read(0, new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => memory.Write(0, new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => memory.ReferenceCount);
        Assert.Throws<ObjectDisposedException>(() => memory.Duplicate());
        Assert.IsType<ObjectDisposedException>(Assert.ThrowsAny<Exception>(() => Wire.Send(memory)).GetBaseException());
    }

    [Fact(Timeout = 60_000)]
    public unsafe void Pinned_memory_stays_mapped_past_disposal()
    {
        var memory = SharedMemory.Create(1 << 20);
        memory.Span[5] = 55;
        using (System.Buffers.MemoryHandle pin = memory.Memory[5..].Pin())
        {
            memory.Dispose();
            Assert.Equal(55, *(byte*)pin.Pointer);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task The_reference_count_follows_handles_in_all_processes_and_forgets_a_killed_one()
    {
        await using MemoryPeerProcess worker = await MemoryPeerProcess.StartAsync();
        using var memory = SharedMemory.Create(100);
        Assert.Equal(1, memory.ReferenceCount);
        SharedMemory second = memory.Duplicate();
        Assert.Equal(2, memory.ReferenceCount);
        await worker.OkAsync($"receive a {Wire.Send(memory)}");
        Assert.Equal(3, memory.ReferenceCount);
        Assert.Equal("3", await worker.AskAsync("references a"));
        await worker.KillAsync();
        Assert.Equal(2, memory.ReferenceCount);
        second.Dispose();
        Assert.Equal(1, memory.ReferenceCount);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(10)]
    [InlineData(1 << 20)]
    public async Task A_handle_sent_to_another_process_is_the_same_memory(int size)
    {
        await using MemoryPeerProcess worker = await MemoryPeerProcess.StartAsync();
        using var memory = SharedMemory.Create(size);
        memory.Span.Fill(3);
        await worker.OkAsync($"receive a {Wire.Send(memory)}");
        Assert.Equal("3", await worker.AskAsync("first a"));
        await worker.OkAsync("fill a 9");
        Assert.False(memory.Span.ContainsAnyExcept((byte)9));
    }

    [Fact(Timeout = 60_000)]
    public void A_foreign_process_is_neither_given_nor_believed_a_reference()
    {
        using var memory = SharedMemory.Create(10);
        string message = Wire.Send(memory);
        Assert.ThrowsAny<MessagePack.MessagePackSerializationException>(() => Wire.SendToForeign(memory));
        Assert.ThrowsAny<MessagePack.MessagePackSerializationException>(() => Wire.ReceiveFromForeign<SharedMemory>(message));
        Assert.Null(Wire.Receive<SharedMemory?>(Wire.Send<SharedMemory?>(null)));
    }
}
