using System.Buffers;
using IpcDemos.Shared.Memory;
using MessagePack;

namespace IpcDemos.Shared.Tests.Memory;

public sealed class SharedBlockTests
{
    [Fact(Timeout = 60_000)]
    public unsafe void A_new_block_is_zeroed_aligned_and_as_large_as_asked_for_even_in_used_memory()
    {
        var random = new Random(1);
        for (int round = 0; round < 2000; round++)
        {
            int size = random.Next(0, 3000);
            using var block = SharedBlock.Allocate((nuint)size);
            Assert.Equal((nuint)size, block.Size);
            Assert.Equal(0, (nint)block.Pointer % 64);
            var bytes = new Span<byte>(block.Pointer, size);
            Assert.False(bytes.ContainsAnyExcept((byte)0));
            bytes.Fill(0xFF);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Thousands_of_values_cost_one_mapping()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lists a process's mappings.");
        await using MemoryPeerProcess peer = await MemoryPeerProcess.StartAsync();
        Assert.Equal("1", await peer.AskAsync("mappings 8000 68"));
        Assert.Equal("3", await peer.AskAsync("mappings 20000 68"));
        Assert.Equal("1", await peer.AskAsync("mappings 8000 68"));
    }

    [Fact(Timeout = 60_000)]
    public unsafe void A_disposed_block_says_so_and_can_be_disposed_of_again()
    {
        var block = SharedBlock.Allocate(8);
        block.Dispose();
        block.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)block.Pointer);
        Assert.Throws<ObjectDisposedException>(() => block.ReferenceCount);
        Assert.Throws<ObjectDisposedException>(() => block.Duplicate());
        Assert.Throws<ObjectDisposedException>(() => Reference(block));
    }

    [Fact(Timeout = 60_000)]
    public unsafe void A_reference_read_in_the_same_process_is_the_same_memory()
    {
        using var block = SharedBlock.Allocate(8);
        using SharedBlock second = Attach(Reference(block));
        *second.Pointer = 42;
        Assert.Equal(42, *block.Pointer);
        Assert.Equal(2, block.ReferenceCount);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(8)]
    [InlineData(1 << 20)]
    public async Task Another_process_attaches_and_both_see_what_the_other_writes(int size)
    {
        await using MemoryPeerProcess peer = await MemoryPeerProcess.StartAsync();
        using var block = SharedBlock.Allocate((nuint)size);
        Set(block, 0, 1);
        await peer.OkAsync($"attach a {Text(block)}");
        Assert.Equal("1", await peer.AskAsync("peek a 0"));
        Assert.Equal("7", await peer.AskAsync($"poke a {size - 1} 7"));
        Assert.Equal(7, Get(block, size - 1));
        Assert.Equal(2, block.ReferenceCount);
        await peer.OkAsync("dispose a");
        Assert.Equal(1, block.ReferenceCount);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(8)]
    [InlineData(1 << 20)]
    public async Task A_receiver_passes_a_block_on_after_its_creator_has_gone(int size)
    {
        await using MemoryPeerProcess creator = await MemoryPeerProcess.StartAsync();
        await using MemoryPeerProcess middle = await MemoryPeerProcess.StartAsync();
        await creator.OkAsync($"allocate a {size}");
        await creator.AskAsync("poke a 5 55");
        await middle.OkAsync($"attach a {await creator.AskAsync("refer a")}");
        await creator.KillAsync();

        using SharedBlock block = Attach(Convert.FromBase64String(await middle.AskAsync("refer a")));
        Assert.Equal(55, Get(block, 5));
        Assert.Equal(2, block.ReferenceCount);
        await middle.KillAsync();
        Assert.Equal(1, block.ReferenceCount);
        Assert.Equal(55, Get(block, 5));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(8)]
    [InlineData(1 << 20)]
    public async Task A_reference_on_its_way_keeps_the_block_that_its_sender_has_let_go(int size)
    {
        await using MemoryPeerProcess peer = await MemoryPeerProcess.StartAsync();
        string reference;
        using (var block = SharedBlock.Allocate((nuint)size))
        {
            Set(block, 3, 33);
            reference = Text(block);
        }

        // Would be overwritten here if the memory had been freed.
        var others = Enumerable.Range(0, 100).Select(_ => SharedBlock.Allocate(8)).ToList();
        others.ForEach(other => Set(other, 3, 99));
        await peer.OkAsync($"attach a {reference}");
        Assert.Equal("33", await peer.AskAsync("peek a 3"));
        others.ForEach(other => other.Dispose());
    }

    [Theory(Timeout = 60_000)]
    [InlineData(8)]
    [InlineData(1 << 20)]
    public async Task A_reference_whose_sender_has_died_fails_with_a_clear_error(int size)
    {
        await using MemoryPeerProcess peer = await MemoryPeerProcess.StartAsync();
        await peer.OkAsync($"allocate a {size}");
        byte[] reference = Convert.FromBase64String(await peer.AskAsync("refer a"));
        int processId = peer.ProcessId;
        await peer.KillAsync();
        IOException error = Assert.Throws<IOException>(() => Attach(reference));
        Assert.Contains($"process {processId}", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public void A_reference_that_was_read_before_fails_once_the_block_is_freed_and_never_reaches_another_block()
    {
        var block = SharedBlock.Allocate(8);
        byte[] reference = Reference(block);
        Attach(reference).Dispose();
        block.Dispose();
        using var next = SharedBlock.Allocate(8);
        Assert.Throws<IOException>(() => Attach(reference));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_block_that_came_back_to_the_process_that_sent_it_is_freed_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lists a process's mappings.");

        // In a process of its own, so that nothing else allocates there.
        await using MemoryPeerProcess peer = await MemoryPeerProcess.StartAsync();
        await peer.OkAsync("allocate a 100000");
        string reference = await peer.AskAsync("refer a");
        await peer.OkAsync("dispose a");
        await peer.OkAsync($"attach a {reference}");
        await peer.OkAsync("dispose a");
        await peer.OkAsync("allocate b 100000");
        await peer.AskAsync("poke b 0 77");
        Assert.Equal("2", await peer.AskAsync("mappings 10 100000"));
        await peer.OkAsync("allocate c 100000");
        Assert.Equal("77", await peer.AskAsync("peek b 0"));
        Assert.Equal("1", await peer.AskAsync("count b"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_block_held_by_another_process_is_not_reused_until_that_lets_go_or_is_killed()
    {
        // In a process of its own, so that nothing else takes or frees memory there.
        await using MemoryPeerProcess owner = await MemoryPeerProcess.StartAsync();
        await using MemoryPeerProcess holder = await MemoryPeerProcess.StartAsync();
        await owner.OkAsync("allocate a 200000");
        string address = await owner.AskAsync("address a");
        await holder.OkAsync($"attach a {await owner.AskAsync("refer a")}");
        await owner.OkAsync("dispose a");
        Assert.DoesNotContain(address, await AddressesOfBlocksThatFillTheArenasAsync(owner));
        Assert.Equal("0", await holder.AskAsync("peek a 0"));
        await holder.KillAsync();
        Assert.Contains(address, await AddressesOfBlocksThatFillTheArenasAsync(owner));
    }

    [Fact(Timeout = 60_000)]
    public void Damaged_references_are_refused()
    {
        using var block = SharedBlock.Allocate(8);
        byte[] good = Reference(block);
        for (int i = 0; i < good.Length; i++)
        {
            foreach (byte value in (byte[])[0x00, 0x7F, 0xC0, 0xCF, 0xFF])
            {
                byte[] bad = [.. good];
                bad[i] = value;
                try
                {
                    Attach(bad).Dispose();
                }
                catch (Exception error) when (error is IOException or MessagePackSerializationException or EndOfStreamException or OverflowException)
                {
                }
            }
        }

        Assert.Equal(1, block.ReferenceCount);
    }

    private static async Task<string[]> AddressesOfBlocksThatFillTheArenasAsync(MemoryPeerProcess owner) =>
        (await owner.AskAsync("addresses 50 200000")).Split(' ');

    private static unsafe byte Get(SharedBlock block, int offset) => block.Pointer[offset];

    private static unsafe void Set(SharedBlock block, int offset, byte value) => block.Pointer[offset] = value;

    private static string Text(SharedBlock block) => Convert.ToBase64String(Reference(block));

    private static byte[] Reference(SharedBlock block)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        block.Write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static SharedBlock Attach(byte[] reference)
    {
        var reader = new MessagePackReader(reference);
        return SharedBlock.Read(ref reader);
    }
}
