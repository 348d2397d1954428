using System.Text.Json;
using IpcDemos.Shared.Memory;
using MessagePack;

namespace IpcDemos.Shared.Tests.Memory;

public sealed class SharedArrayTests
{
    [Fact(Timeout = 60_000)]
    public async Task Arrays_are_changed_in_place_by_another_process()
    {
        await using MemoryPeerProcess peer = await MemoryPeerProcess.StartAsync();
        using var numbers = new SharedArray<int>(Enumerable.Range(0, 10));
        await peer.OkAsync($"negate int array {Wire.Send(numbers)}");
        Assert.Equal("[0,-1,-2,-3,-4,-5,-6,-7,-8,-9]", JsonSerializer.Serialize(numbers));
        using var large = new SharedArray<double>(100_000);
        large.Span.Fill(1.5);
        await peer.OkAsync($"negate double array {Wire.Send(large)}");
        Assert.False(large.Span.ContainsAnyExcept(-1.5));
    }

    [Fact(Timeout = 60_000)]
    public void An_array_made_by_size_is_zeroed_even_where_memory_was_used_before()
    {
        for (int round = 0; round < 200; round++)
        {
            using var array = new SharedArray<long>(random(round));
            Assert.False(array.Span.ContainsAnyExcept(0L));
            array.Span.Fill(-1);
        }

        static int random(int round) => (round * 37) % 300;
    }

    [Fact(Timeout = 60_000)]
    public void Elements_are_read_and_written_by_index_from_both_ends_and_by_range()
    {
        using var array = new SharedArray<int>([1, 2, 3, 4, 5]);
        Assert.Equal(5, array.Length);
        Assert.Equal(5, array.Count);
        array[0] = 10;
        array[^1] *= 10;
        array[2L]++;
        Assert.Equal([10, 2, 4, 4, 50], array);
        ((int[])[7, 8]).CopyTo(array[1..3].Span);
        Assert.Equal([7, 8], array[1..3]);
        Assert.Equal([10, 7, 8, 4, 50], array.ToArray());
        array.CopyFrom([0, 0], 3);
        var copy = new int[3];
        array.CopyTo(copy, 2);
        Assert.Equal([8, 0, 0], copy);
        Assert.Equal(25, array.Sum());
        Assert.Equal(8, Interlocked.Exchange(ref array[2], 1));
    }

    [Fact(Timeout = 60_000)]
    public void Reaching_beyond_the_end_is_refused()
    {
        using var array = new SharedArray<int>(3);
        Assert.Throws<ArgumentOutOfRangeException>(() => array[3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => array[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => array[long.MaxValue]);
        Assert.Throws<ArgumentOutOfRangeException>(() => array[1..4]);
        Assert.Throws<ArgumentOutOfRangeException>(() => array.Slice(2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.Slice(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.Slice(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.CopyFrom(new int[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.CopyTo(new int[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SharedArray<int>(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SharedArray<int>(long.MaxValue));
    }

    [Fact(Timeout = 60_000)]
    public void An_empty_array_has_nothing()
    {
        using var array = new SharedArray<int>(0);
        Assert.Empty(array);
        Assert.True(array.Span.IsEmpty);
        Assert.True(array.Memory.IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => array[0]);
    }

    [Fact(Timeout = 60_000)]
    public void A_slice_is_the_same_memory_also_a_slice_of_a_slice_and_over_the_wire()
    {
        using var array = new SharedArray<int>(Enumerable.Range(0, 10));
        SharedArray<int> slice = array[2..8][1..^1];
        Assert.Equal([3, 4, 5, 6], slice);
        slice.Dispose();
        slice[0] = 33;
        Assert.Equal(33, array[3]);
        slice.Memory.Span[1] = 44;
        Assert.Equal(44, array[4]);
        using (SharedArray<int> received = Wire.Receive<SharedArray<int>>(Wire.Send(slice)))
        {
            Assert.Equal([33, 44, 5, 6], received);
            received[3] = 66;
        }

        Assert.Equal(66, array[6]);
        array.Dispose();
        Assert.Throws<ObjectDisposedException>(() => slice[0]);
    }

    [Fact(Timeout = 60_000)]
    public async Task It_is_passed_on_to_a_grandchild_after_its_creator_let_it_go()
    {
        await using MemoryPeerProcess child = await MemoryPeerProcess.StartAsync();
        await using MemoryPeerProcess grandchild = await MemoryPeerProcess.StartAsync();
        var array = new SharedArray<int>([1, 2, 3]);
        using SharedArray<int> kept = Wire.Receive<SharedArray<int>>(Wire.Send(array));
        await child.OkAsync($"array a {Wire.Send(array)}");
        array.Dispose();
        await grandchild.OkAsync($"negate int array {await child.AskAsync("resend a")}");
        Assert.Equal([-1, -2, -3], kept);
        Assert.Equal(2, kept.Block.ReferenceCount);
        await child.KillAsync();
        Assert.Equal(1, kept.Block.ReferenceCount);
    }

    [Fact(Timeout = 60_000)]
    public void An_array_of_another_element_size_or_beyond_its_block_is_refused()
    {
        using var array = new SharedArray<int>(4);
        Assert.ThrowsAny<MessagePackSerializationException>(() => Wire.Receive<SharedArray<byte>>(Wire.Send(array)));
        byte[] message = Convert.FromBase64String(Wire.Send(array));
        message[^1] = 5;
        Assert.ThrowsAny<MessagePackSerializationException>(() => Wire.Receive<SharedArray<int>>(Convert.ToBase64String(message)));
        Assert.Equal(1, array.Block.ReferenceCount);
    }

    [Fact(Timeout = 60_000)]
    public unsafe void After_disposal_every_access_is_an_error_and_pinned_memory_stays()
    {
        var array = new SharedArray<long>(100_000);
        array[50_000] = 55;
        Memory<long> memory = array.Memory;
        using (System.Buffers.MemoryHandle pin = memory.Pin())
        {
            array.Dispose();
            Assert.Equal(55, ((long*)pin.Pointer)[50_000]);
        }

        Assert.Throws<ObjectDisposedException>(() => array.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => array[0]);
        Assert.Throws<ObjectDisposedException>(() => array.ToList());
        Assert.IsType<ObjectDisposedException>(Assert.ThrowsAny<Exception>(() => Wire.Send(array)).GetBaseException());
    }

    [Fact(Timeout = 60_000)]
    public void More_elements_than_a_span_can_have_are_reached_by_long_indexes()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Windows charges all of it at once.");
        using var array = new SharedArray<byte>(3L << 30);
        array[(3L << 30) - 1] = 7;
        Assert.Equal(7, array.GetSpan((3L << 30) - 2, 2)[1]);
        Assert.Equal(7, array.Slice((3L << 30) - 1, 1)[0]);
        Assert.Throws<InvalidOperationException>(() => array.Span.Length);
        Assert.Throws<InvalidOperationException>(() => array.Count);
    }

    [Fact(Timeout = 60_000)]
    public void Text_in_bytes_goes_in_and_out_as_it_does_with_Python()
    {
        using var array = new SharedArray<byte>(10);
        int length = System.Text.Encoding.UTF8.GetBytes("käse", array.Span);
        int end = array.Span.IndexOf((byte)0);
        Assert.Equal(length, end);
        Assert.Equal("käse", System.Text.Encoding.UTF8.GetString(array.Span[..end]));
    }
}
