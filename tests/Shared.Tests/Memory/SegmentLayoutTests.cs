using System.Buffers;
using System.Text;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Tests.Memory;

/// <summary>Holds the layouts to what docs/protocol.md says of them.</summary>
public sealed unsafe class SegmentLayoutTests
{
    [Fact(Timeout = 60_000)]
    public void The_tables_of_an_arena_are_where_the_protocol_says()
    {
        SegmentLayout layout = SegmentLayout.Arena;
        Assert.Equal(64, SegmentLayout.HoldersOffset);
        Assert.Equal(4160, SegmentLayout.TicketsOffset);
        Assert.Equal(135_232, SegmentLayout.EntriesOffset);
        Assert.Equal(397_376, layout.CountsOffset);
        Assert.Equal(32_768, layout.CountsStride);
        Assert.Equal(17_178_624, layout.DataOffset);
        Assert.Equal(18_227_200, layout.Length);
    }

    [Fact(Timeout = 60_000)]
    public void The_tables_of_a_segment_for_one_block_are_where_the_protocol_says()
    {
        var layout = SegmentLayout.ForOne(1_000_000);
        Assert.Equal(135_248, layout.CountsOffset);
        Assert.Equal(64, layout.CountsStride);
        Assert.Equal(172_032, layout.DataOffset);
        Assert.Equal(172_032 + 1_000_000, layout.Length);
    }

    [Fact(Timeout = 60_000)]
    public void A_segment_holds_what_the_protocol_says()
    {
        using var block = SharedBlock.Allocate(1_000_000);
        using SharedBlock second = block.Duplicate();
        byte* segment = block.Pointer - 172_032;

        Assert.Equal("IPCDMEM1", Encoding.ASCII.GetString(segment, 8));
        Assert.Equal(1_000_000, *(long*)(segment + 24));
        Assert.Equal(1, *(int*)(segment + 32));
        Assert.Equal(1, *(int*)(segment + 36));
        Assert.False(new Span<byte>(segment + 40, 24).ContainsAnyExcept((byte)0));

        ProcessIdentity self = ProcessIdentity.Current;
        Assert.Equal(Environment.ProcessId, *(int*)(segment + 64));
        Assert.Equal(self.StartTime, *(uint*)(segment + 68));
        Assert.Equal(1, *(long*)(segment + 135_232));
        Assert.Equal(1_000_000, *(long*)(segment + 135_240));
        Assert.Equal(2, *(ushort*)(segment + 135_248));
    }

    [Fact(Timeout = 60_000)]
    public void A_reference_is_what_the_protocol_says_and_its_ticket_is_taken_by_the_first_reader()
    {
        using var block = SharedBlock.Allocate(1_000_000);
        byte* segment = block.Pointer - 172_032;
        byte[] message = Write(block);
        var reader = new MessagePackReader(message);
        Assert.Equal(8, reader.ReadArrayHeader());
        Assert.Equal(new Span<byte>(segment + 8, 16).ToArray(), reader.ReadBytes()!.Value.ToArray());
        Assert.Equal(Environment.ProcessId, reader.ReadInt32());
        int handle = reader.ReadInt32();
        Assert.Equal(172_032 + 1_000_000, reader.ReadInt64());
        Assert.Equal(0, reader.ReadInt32());
        Assert.Equal(1, reader.ReadInt64());
        int ticket = reader.ReadInt32();
        ulong word = reader.ReadUInt64();
        Assert.True(reader.End);

        Assert.Equal(1u, word >> 48);
        Assert.Equal(word, *(ulong*)(segment + 4160 + (8 * ticket)));
        var again = new MessagePackReader(message);
        SharedBlock.Read(ref again).Dispose();
        Assert.Equal(0u, *(ulong*)(segment + 4160 + (8 * ticket)));

        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has a descriptor there.");
        Assert.StartsWith("/memfd:ipcdemos", File.ResolveLinkTarget($"/proc/self/fd/{handle}", false)!.FullName, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public void Nobody_can_shorten_or_enlarge_the_memory_of_a_block()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux reaches anonymous memory through the file system.");
        using var block = SharedBlock.Allocate(1 << 20);
        using FileStream file = OpenFileOf(block);
        Assert.ThrowsAny<Exception>(() => file.SetLength(0));
        Assert.ThrowsAny<Exception>(() => file.SetLength(1L << 30));
    }

    [Fact(Timeout = 60_000)]
    public void Memory_that_can_have_extents_can_be_enlarged_and_not_shortened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has extents.");
        using var block = SharedBlock.AllocateExtensible(1 << 20);
        using FileStream file = OpenFileOf(block);
        Assert.ThrowsAny<Exception>(() => file.SetLength(0));
        file.SetLength(1L << 30);
        Assert.Equal(1L << 30, file.Length);
    }

    [Fact(Timeout = 60_000)]
    public void Values_and_arrays_begin_with_zeroed_room_for_their_lock()
    {
        using var value = new SharedValue<int>(-1);
        using var array = new SharedArray<int>([-1, -2]);
        Assert.Equal(new byte[128], new Span<byte>(value.Block.Pointer, 128).ToArray());
        Assert.Equal(new byte[128], new Span<byte>(array.Block.Pointer, 128).ToArray());
        Assert.Equal(-1, *(int*)(value.Block.Pointer + 128));
        Assert.Equal(-2, *(int*)(array.Block.Pointer + 132));
        Assert.Equal(132u, value.Block.Size);
        Assert.Equal(136u, array.Block.Size);
        Assert.True(sizeof(RecursiveLockState) <= SharedLayout.LockAreaSize);
    }

    // By what a reference says: this process has such files of other tests too.
    private static FileStream OpenFileOf(SharedBlock block)
    {
        byte[] message = Write(block);
        var fields = new MessagePackReader(message);
        _ = fields.ReadArrayHeader();
        fields.Skip();
        fields.Skip();
        int handle = fields.ReadInt32();
        var again = new MessagePackReader(message);
        SharedBlock.Read(ref again).Dispose();
        return File.OpenWrite($"/proc/self/fd/{handle}");
    }

    private static byte[] Write(SharedBlock block)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        block.Write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
