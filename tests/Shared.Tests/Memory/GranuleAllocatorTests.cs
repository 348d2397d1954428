using IpcDemos.Shared.Memory;

namespace IpcDemos.Shared.Tests.Memory;

public sealed class GranuleAllocatorTests
{
    [Fact(Timeout = 60_000)]
    public void Random_allocations_never_overlap_and_are_merged_into_one_run_when_all_is_freed()
    {
        const int Capacity = 16_384;
        var random = new Random(7);
        var allocator = new GranuleAllocator(Capacity);
        var used = new bool[Capacity];
        var blocks = new List<(int Start, int Length)>();
        for (int step = 0; step < 20_000; step++)
        {
            if (random.Next(100) < 55)
            {
                int length = 1 + (int)Math.Exp(random.NextDouble() * 6);
                if (allocator.TryAllocate(length, out int start))
                {
                    Assert.DoesNotContain(true, used[start..(start + length)]);
                    Array.Fill(used, true, start, length);
                    blocks.Add((start, length));
                }
            }
            else if (blocks.Count > 0)
            {
                int index = random.Next(blocks.Count);
                (int start, int length) = blocks[index];
                blocks.RemoveAt(index);
                allocator.Free(start);
                Array.Fill(used, false, start, length);
            }
        }

        Assert.False(allocator.IsEmpty);
        blocks.ForEach(block => allocator.Free(block.Start));
        Assert.True(allocator.IsEmpty);
        Assert.True(allocator.TryAllocate(Capacity, out int all));
        Assert.Equal(0, all);
    }

    [Fact(Timeout = 60_000)]
    public void The_smallest_run_that_fits_is_taken()
    {
        var allocator = new GranuleAllocator(100);
        Assert.True(allocator.TryAllocate(10, out int large));
        Assert.True(allocator.TryAllocate(1, out _));
        Assert.True(allocator.TryAllocate(5, out int small));
        Assert.True(allocator.TryAllocate(1, out _));
        allocator.Free(large);
        allocator.Free(small);
        Assert.True(allocator.TryAllocate(4, out int best));
        Assert.Equal(small, best);
    }

    [Fact(Timeout = 60_000)]
    public void What_does_not_fit_is_refused_and_freeing_twice_is_an_error()
    {
        var allocator = new GranuleAllocator(4);
        Assert.False(allocator.TryAllocate(5, out _));
        Assert.True(allocator.TryAllocate(4, out int start));
        Assert.False(allocator.TryAllocate(1, out _));
        allocator.Free(start);
        Assert.Throws<InvalidOperationException>(() => allocator.Free(start));
    }
}
